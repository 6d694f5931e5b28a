package io.colubrid.spi.tensor;

import java.util.Locale;

/** All that is known of a tensor before it is computed. */
public record TensorType(DType dtype, Shape shape) {
  public static TensorType f32(long... dims) {
    return new TensorType(DType.F32, Shape.of(dims));
  }

  public static TensorType i32(long... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }

  /** Bytes its elements take. */
  public long bytes() {
    return Math.multiplyExact(shape.elements(), (long) dtype.bytes());
  }

  public TensorType withShape(Shape other) {
    return new TensorType(dtype, other);
  }

  public TensorType withDtype(DType other) {
    return new TensorType(other, shape);
  }

  @Override
  public String toString() {
    return dtype.name().toLowerCase(Locale.ROOT) + shape;
  }
}
