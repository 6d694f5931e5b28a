/** The folder of one run: its lock, checkpoints, record of circumstances, and orderly end. */
@NullMarked
package io.colubrid.runtime.run;

import org.jspecify.annotations.NullMarked;
