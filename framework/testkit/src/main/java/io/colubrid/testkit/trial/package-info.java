/** Runs one layer alone: plain arrays go in, plain arrays come out. */
@NullMarked
package io.colubrid.testkit.trial;

import org.jspecify.annotations.NullMarked;
