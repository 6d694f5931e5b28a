/** Runs one layer, or the body of one operation, alone. */
@NullMarked
package io.colubrid.testkit.trial;

import org.jspecify.annotations.NullMarked;
