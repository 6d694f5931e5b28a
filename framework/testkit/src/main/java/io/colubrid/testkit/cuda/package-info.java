/** Compares what GPUs compute with what the CPU does. */
@NullMarked
package io.colubrid.testkit.cuda;

import org.jspecify.annotations.NullMarked;
