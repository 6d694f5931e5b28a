/** Checkpoints: our own, and those of others by rules that are read in both directions. */
@NullMarked
package io.colubrid.runtime.checkpoint;

import org.jspecify.annotations.NullMarked;
