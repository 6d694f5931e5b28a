package io.colubrid.runtime.model;

import io.colubrid.spi.tensor.Tensor;

/** Takes what layers report beside their output while a pass is recorded. */
public interface PassObserver {
  /** A term of the training objective. */
  default void loss(String path, Tensor scalar) {}

  /** A scalar or vector to be logged. */
  default void metric(String path, Tensor figure) {}

  /** An inner activation. */
  default void tap(String path, Tensor value) {}
}
