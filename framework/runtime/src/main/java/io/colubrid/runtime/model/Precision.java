package io.colubrid.runtime.model;

import io.colubrid.spi.tensor.DType;

/** Precision as a config names it. */
public enum Precision {
  F32,
  BF16;

  public DType dtype() {
    return this == F32 ? DType.F32 : DType.BF16;
  }
}
