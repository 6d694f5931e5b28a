package io.colubrid.runtime.checkpoint.format;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of a file. Its data is the mapped file itself where its elements stand side by side
 * there: little-endian, row-major, of any alignment, read-only, and gone when the file is closed.
 *
 * @param shape extents, outermost first; empty for a scalar
 * @param data {@code elements() * type.bytes()} bytes
 */
public record StoredTensor(String name, StoredType type, List<Long> shape, MemorySegment data) {

  public StoredTensor {
    shape = List.copyOf(shape);
  }

  public long elements() {
    return data.byteSize() / type.bytes();
  }

  /**
   * Copies all elements, converted and rounded to nearest, into native-order f32.
   *
   * @throws IllegalArgumentException if the target is not {@code 4 * elements()} bytes
   */
  public void copyAsF32(MemorySegment target) {
    requireBytes(target, Float.BYTES);
    ElementConversion.toF32(this, target);
  }

  /**
   * Copies all elements, converted, into native-order f64.
   *
   * @throws IllegalArgumentException if the target is not {@code 8 * elements()} bytes
   */
  public void copyAsF64(MemorySegment target) {
    requireBytes(target, Double.BYTES);
    ElementConversion.toF64(this, target);
  }

  /** All elements as f32 on the heap, for tensors below 2³¹ elements. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(elements())];
    copyAsF32(MemorySegment.ofArray(values));
    return values;
  }

  /** All elements as f64 on the heap, for tensors below 2³¹ elements. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(elements())];
    copyAsF64(MemorySegment.ofArray(values));
    return values;
  }

  /**
   * All elements of an integer tensor, such as token ids.
   *
   * @throws IllegalStateException if the tensor holds floating-point numbers
   */
  public long[] toLongs() {
    if (type.isFloating()) {
      throw new IllegalStateException(
          "tensor " + name + ": expected an integer type, found " + type);
    }
    return ElementConversion.toLongs(this);
  }

  private void requireBytes(MemorySegment target, int elementBytes) {
    long expected = Math.multiplyExact(elements(), elementBytes);
    if (target.byteSize() != expected) {
      throw new IllegalArgumentException(
          "tensor %s %s: expected a target of %d bytes, found %d"
              .formatted(name, shape, expected, target.byteSize()));
    }
  }
}
