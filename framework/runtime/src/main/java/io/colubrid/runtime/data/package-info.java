/**
 * Text from the disk to the batches of a training step: {@link io.colubrid.runtime.data.Corpus}
 * gives documents, {@link io.colubrid.runtime.data.Split} holds some of them out, {@link
 * io.colubrid.runtime.data.TokenBatches} and {@link io.colubrid.runtime.data.HeldOutBatches} lay
 * their tokens out in rows. {@link io.colubrid.runtime.data.TextData} puts these together from a
 * {@link io.colubrid.runtime.data.DataConfig}.
 */
@NullMarked
package io.colubrid.runtime.data;

import org.jspecify.annotations.NullMarked;
