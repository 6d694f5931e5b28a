package io.colubrid.engine.tape;

import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;

/** A tensor of a recording: contiguous elements at an offset in a buffer. */
public final class Value implements Tensor {
  private final TensorType type;
  private final Buffer buffer;
  private final long offset;
  private final boolean differentiable;

  private Value(TensorType type, Buffer buffer, long offset, boolean differentiable) {
    this.type = type;
    this.buffer = buffer;
    this.offset = offset;
    this.differentiable = differentiable;
  }

  /** A value in a buffer of its own. */
  static Value temporary(TensorType type, boolean differentiable) {
    return new Value(type, Buffer.temporary(type.bytes()), 0, differentiable);
  }

  static Value persistent(TensorType type, Buffer buffer, long offset, boolean differentiable) {
    return new Value(type, buffer, offset, differentiable);
  }

  /** Some or all of this value's elements under another type. */
  Value view(TensorType other, long byteOffset, boolean gradients) {
    return new Value(other, buffer, offset + byteOffset, gradients);
  }

  @Override
  public TensorType type() {
    return type;
  }

  public Buffer buffer() {
    return buffer;
  }

  /** Bytes in the buffer before the first element. */
  public long offset() {
    return offset;
  }

  /** Whether it begins at the same place as another one. */
  boolean liesWhere(Value other) {
    return buffer == other.buffer && offset == other.offset;
  }

  /** Whether gradients flow back through this value. */
  public boolean differentiable() {
    return differentiable;
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
