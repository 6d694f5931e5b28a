package io.colubrid.spi.tensor;

/** Element type of a tensor. Models run in F32 and BF16; F64 exists on the CPU, for checking. */
public enum DType {
  F32(4, true),
  BF16(2, true),
  F64(8, true),
  I32(4, false),
  I64(8, false),
  U8(1, false);

  private final int bytes;
  private final boolean floating;

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /** Bytes an element takes. */
  public int bytes() {
    return bytes;
  }

  /** Whether gradients can flow through tensors of this type. */
  public boolean isFloating() {
    return floating;
  }
}
