package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Tensor;

/**
 * Several channel layers of one kind and one size, whose weights are stacked over a new first axis.
 * Each takes rows of its own, and how many those are is known on the device alone, so that nothing
 * that a router decides is read on the host.
 */
@FunctionalInterface
public interface ExpertChannel {
  /**
   * @param x [rows, width]: the rows of the first expert, then those of the second, and so on
   * @param offsets I32 [experts + 1]: expert e has the rows from {@code offsets[e]} to below {@code
   *     offsets[e + 1]}; rows from the last offset on belong to nobody, and what comes out there is
   *     not looked at
   * @return [rows, width]
   */
  Tensor forward(Tensor x, Tensor offsets, Pass pass);
}
