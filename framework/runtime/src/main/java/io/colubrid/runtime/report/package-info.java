/** What a comparison of models found, as a page to read and as JSON to compute with. */
@NullMarked
package io.colubrid.runtime.report;

import org.jspecify.annotations.NullMarked;
