package io.colubrid.spi.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tensor, outermost axis first; row-major and contiguous. Rank 0 is a scalar. */
public final class Shape {
  private static final Shape SCALAR = new Shape(new long[0]);

  private final long[] dims;

  private Shape(long[] dims) {
    this.dims = dims;
  }

  /**
   * @throws IllegalArgumentException if an extent is negative or the element count overflows
   */
  public static Shape of(long... dims) {
    long elements = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
      }
      try {
        elements = Math.multiplyExact(elements, dim);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + " has more than 2^63 elements", e);
      }
    }
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  public static Shape scalar() {
    return SCALAR;
  }

  public int rank() {
    return dims.length;
  }

  /** Extent of an axis; negative axes count from the last, so {@code dim(-1)} is the width. */
  public long dim(int axis) {
    return dims[axis(axis)];
  }

  /**
   * The axis counted from the first, for one that may be counted from the last.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  public int axis(int axis) {
    int counted = axis < 0 ? axis + dims.length : axis;
    if (counted < 0 || counted >= dims.length) {
      throw new IllegalArgumentException("shape " + this + " has no axis " + axis);
    }
    return counted;
  }

  public long elements() {
    return product(0, dims.length);
  }

  /** Product of the extents of axes {@code from} (inclusive) to {@code to} (exclusive). */
  public long product(int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }

  /** Number of rows when all axes but the last are taken as one; 1 for a scalar. */
  public long rows() {
    return dims.length == 0 ? 1 : product(0, dims.length - 1);
  }

  /** This shape with another extent at one axis. */
  public Shape with(int axis, long extent) {
    long[] changed = dims.clone();
    changed[axis(axis)] = extent;
    return of(changed);
  }

  /** This shape without one axis. */
  public Shape without(int axis) {
    int at = axis(axis);
    long[] shorter = new long[dims.length - 1];
    System.arraycopy(dims, 0, shorter, 0, at);
    System.arraycopy(dims, at + 1, shorter, at, shorter.length - at);
    return of(shorter);
  }

  /** This shape with a further axis before {@code axis} (or behind the last, at {@code rank}). */
  public Shape insert(int axis, long extent) {
    long[] longer = new long[dims.length + 1];
    System.arraycopy(dims, 0, longer, 0, axis);
    longer[axis] = extent;
    System.arraycopy(dims, axis, longer, axis + 1, dims.length - axis);
    return of(longer);
  }

  public long[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
