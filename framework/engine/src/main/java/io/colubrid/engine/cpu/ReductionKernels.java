package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;

/**
 * Sums, maxima and running sums along an axis: of rows where it is the last, of columns elsewhere.
 */
final class ReductionKernels {
  private static final long GRAIN = 1 << 13;

  private final CpuMemory memory;
  private final WorkerPool pool;

  ReductionKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  /** The axis seen from outside, along it, and inside it. */
  private record Extents(long outer, long along, long inner) {
    static Extents of(Value value, int axis) {
      return new Extents(
          value.shape().product(0, axis),
          value.dim(axis),
          value.shape().product(axis + 1, value.shape().rank()));
    }
  }

  Kernel sum(Node node, int axis) {
    Value x = node.input(0);
    DType dtype = x.dtype();
    if (!dtype.isFloating() || dtype == DType.BF16) {
      return numbers(node, axis);
    }
    Arithmetic type = PointwiseKernels.arithmetic(dtype);
    Extents extents = Extents.of(x, axis);
    return extents.inner() == 1
        ? rows(node, extents, type, type::sum)
        : columns(node, extents, type, BinaryOp.ADD);
  }

  Kernel max(Node node, int axis) {
    Arithmetic type = PointwiseKernels.arithmetic(node.output().dtype());
    Extents extents = Extents.of(node.input(0), axis);
    return extents.inner() == 1
        ? rows(node, extents, type, type::max)
        : columns(node, extents, type, BinaryOp.MAX);
  }

  @FunctionalInterface
  private interface RowFunction {
    double of(long address, long count);
  }

  private Kernel rows(Node node, Extents extents, Arithmetic type, RowFunction function) {
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    long stride = extents.along() * type.bytes();
    return () ->
        pool.forEachRange(
            extents.outer(),
            grain(extents.along()),
            (from, to) -> {
              for (long row = from; row < to; row++) {
                type.set(out + row * type.bytes(), function.of(x + row * stride, extents.along()));
              }
            });
  }

  /** Combines rows elementwise; threads share the columns, so the order of additions is fixed. */
  private Kernel columns(Node node, Extents extents, Arithmetic type, BinaryOp op) {
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    long row = extents.inner() * type.bytes();
    long grain = Math.max(64, GRAIN / Math.max(1, extents.along()));
    return () ->
        pool.forEachRange(
            extents.inner(),
            grain,
            (from, to) -> {
              for (long o = 0; o < extents.outer(); o++) {
                long target = out + o * row + from * type.bytes();
                long source = x + o * extents.along() * row + from * type.bytes();
                Copies.bytes(source, target, (to - from) * type.bytes());
                for (long i = 1; i < extents.along(); i++) {
                  type.binary(op, target, source + i * row, target, to - from);
                }
              }
            });
  }

  private Kernel numbers(Node node, int axis) {
    Value x = node.input(0);
    DType dtype = x.dtype();
    Extents extents = Extents.of(x, axis);
    long from = memory.address(x);
    long to = memory.address(node.output());
    return () -> {
      for (long i = 0; i < extents.outer() * extents.inner(); i++) {
        long outer = i / extents.inner();
        double sum = 0;
        for (long k = 0; k < extents.along(); k++) {
          long at = (outer * extents.along() + k) * extents.inner() + i % extents.inner();
          sum += Elements.get(dtype, from + at * dtype.bytes());
        }
        Elements.set(dtype, to + i * dtype.bytes(), sum);
      }
    };
  }

  Kernel cumulativeSum(Node node, int axis) {
    Value x = node.input(0);
    DType dtype = x.dtype();
    int size = dtype.bytes();
    Extents extents = Extents.of(x, axis);
    long from = memory.address(x);
    long to = memory.address(node.output());
    long stride = extents.inner() * size;
    return () ->
        pool.forEachRange(
            extents.outer() * extents.inner(),
            grain(extents.along()),
            (first, last) -> {
              for (long i = first; i < last; i++) {
                long outer = i / extents.inner();
                long at = (outer * extents.along() * extents.inner() + i % extents.inner()) * size;
                double sum = 0;
                for (long k = 0; k < extents.along(); k++) {
                  sum += Elements.get(dtype, from + at + k * stride);
                  Elements.set(dtype, to + at + k * stride, sum);
                }
              }
            });
  }

  private static long grain(long width) {
    return Math.max(1, GRAIN / Math.max(1, width));
  }
}
