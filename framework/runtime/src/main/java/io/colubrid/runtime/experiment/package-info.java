/** Comparisons of models at equal cost. */
@NullMarked
package io.colubrid.runtime.experiment;

import org.jspecify.annotations.NullMarked;
