/** Series of real numbers in CSV files. */
@NullMarked
package io.colubrid.runtime.data.series;

import org.jspecify.annotations.NullMarked;
