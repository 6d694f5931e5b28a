package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.colubrid.engine.memory.Bf16;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * Where the kernels read and write. A kernel checks each segment once, at its entry, and from there
 * on works with addresses inside {@link #ALL}: a constant whose class and scope the compiler knows,
 * so that no loop pays for the kinds of segments that the rest of the process uses.
 */
final class OffHeap {

  /** The whole address space. */
  @SuppressWarnings("restricted")
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private OffHeap() {}

  /**
   * The address of {@code count} elements of {@code size} bytes that start {@code offset} elements
   * into a segment.
   *
   * @throws IllegalArgumentException if the segment lies on the heap
   * @throws IndexOutOfBoundsException if the elements do not lie within it
   * @throws IllegalStateException if its arena is closed
   */
  static long address(MemorySegment segment, long offset, long count, int size) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "the CPU kernels need an off-heap segment, got one on the heap: " + segment);
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the arena of this segment is closed: " + segment);
    }
    if (offset < 0 || count < 0 || offset > segment.byteSize() / size - count) {
      throw new IndexOutOfBoundsException(
          "elements %d to %d of %d bytes do not lie within a segment of %d bytes"
              .formatted(offset, offset + count, size, segment.byteSize()));
    }
    return segment.address() + offset * size;
  }

  static long address(MemorySegment segment, long count, int size) {
    return address(segment, 0, count, size);
  }

  static float getFloat(long address) {
    return ALL.get(JAVA_FLOAT_UNALIGNED, address);
  }

  static void setFloat(long address, float value) {
    ALL.set(JAVA_FLOAT_UNALIGNED, address, value);
  }

  static double getDouble(long address) {
    return ALL.get(JAVA_DOUBLE_UNALIGNED, address);
  }

  static void setDouble(long address, double value) {
    ALL.set(JAVA_DOUBLE_UNALIGNED, address, value);
  }

  static float getBf16(long address) {
    return Bf16.toFloat(ALL.get(JAVA_SHORT_UNALIGNED, address));
  }

  static void setBf16(long address, float value) {
    ALL.set(JAVA_SHORT_UNALIGNED, address, Bf16.of(value));
  }
}
