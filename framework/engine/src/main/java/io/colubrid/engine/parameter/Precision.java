package io.colubrid.engine.parameter;

import io.colubrid.spi.tensor.DType;

/** In which element types a model holds its weights and multiplies matrices. */
public enum Precision {
  /** F32 everywhere. */
  F32(DType.F32),
  /** F32 masters, with BF16 copies of the matrices for products that add up in F32. */
  BF16(DType.F32),
  /** F64 everywhere: for checking, on the CPU. */
  F64(DType.F64);

  private final DType master;

  Precision(DType master) {
    this.master = master;
  }

  public DType master() {
    return master;
  }
}
