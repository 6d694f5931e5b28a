package io.colubrid.runtime.checkpoint;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor as another format has it, in memory.
 *
 * @param dtype F32 or F64
 * @param elements {@code shape.elements()} of that type
 */
public record ForeignTensor(DType dtype, Shape shape, MemorySegment elements) {
  static ForeignTensor zeros(DType dtype, Shape shape) {
    int count = Math.toIntExact(shape.elements());
    MemorySegment elements =
        dtype == DType.F64
            ? MemorySegment.ofArray(new double[count])
            : MemorySegment.ofArray(new float[count]);
    return new ForeignTensor(dtype, shape, elements);
  }

  void fill(long at, MemorySegment from, long fromAt, long count) {
    long width = dtype.bytes();
    MemorySegment.copy(from, fromAt * width, elements, at * width, count * width);
  }

  List<Long> extents() {
    return Arrays.stream(shape.toArray()).boxed().toList();
  }
}
