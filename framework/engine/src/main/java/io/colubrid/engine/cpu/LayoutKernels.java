package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Copies that change where elements lie and not what they are. */
final class LayoutKernels {
  private static final long GRAIN_BYTES = 1 << 16;

  private final CpuMemory memory;
  private final WorkerPool pool;

  LayoutKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  Kernel slice(Node node, Operation.Slice slice) {
    Value x = node.input(0);
    Value out = node.output();
    long row = rowBytes(x, slice.axis());
    return blocks(
        outer(x, slice.axis()),
        memory.address(x) + slice.from() * row,
        x.dim(slice.axis()) * row,
        memory.address(out),
        out.dim(slice.axis()) * row,
        out.dim(slice.axis()) * row);
  }

  Kernel pad(Node node, Operation.Pad pad) {
    Value x = node.input(0);
    Value out = node.output();
    long row = rowBytes(x, pad.axis());
    long chunk = x.dim(pad.axis()) * row;
    Kernel copy =
        blocks(
            outer(x, pad.axis()),
            memory.address(x),
            chunk,
            memory.address(out) + pad.before() * row,
            out.dim(pad.axis()) * row,
            chunk);
    MemorySegment all = memory.segment(out);
    return () -> {
      all.fill((byte) 0);
      copy.run();
    };
  }

  Kernel split(Node node, Operation.Split split) {
    Value x = node.input(0);
    long row = rowBytes(x, split.axis());
    List<Kernel> copies = new ArrayList<>();
    long from = memory.address(x);
    for (Value part : node.outputs()) {
      long chunk = part.dim(split.axis()) * row;
      long stride = x.dim(split.axis()) * row;
      copies.add(blocks(outer(x, split.axis()), from, stride, memory.address(part), chunk, chunk));
      from += chunk;
    }
    return all(copies);
  }

  Kernel concat(Node node, Operation.Concat concat) {
    Value out = node.output();
    long row = rowBytes(out, concat.axis());
    List<Kernel> copies = new ArrayList<>();
    long to = memory.address(out);
    for (int i = 0; i < node.inputs().size(); i++) {
      Value part = node.input(i);
      long chunk = part.dim(concat.axis()) * row;
      long stride = out.dim(concat.axis()) * row;
      copies.add(blocks(outer(out, concat.axis()), memory.address(part), chunk, to, stride, chunk));
      to += chunk;
    }
    return all(copies);
  }

  Kernel flip(Node node, Operation.Flip flip) {
    Value x = node.input(0);
    long row = rowBytes(x, flip.axis());
    long extent = x.dim(flip.axis());
    long from = memory.address(x);
    long to = memory.address(node.output());
    long rows = outer(x, flip.axis()) * extent;
    return () ->
        pool.forEachRange(
            rows,
            grain(row),
            (first, last) -> {
              for (long i = first; i < last; i++) {
                long mirrored = i - i % extent + extent - 1 - i % extent;
                Copies.bytes(from + mirrored * row, to + i * row, row);
              }
            });
  }

  Kernel permute(Node node, Operation.Permute permute) {
    Value x = node.input(0);
    long[] shape = new long[x.shape().rank()];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = x.dim(axis);
    }
    int[] axes = permute.axes().stream().mapToInt(Integer::intValue).toArray();
    Permute order = new Permute(pool, x.dtype().bytes(), shape, axes);
    long from = memory.address(x);
    long to = memory.address(node.output());
    return () -> order.run(from, to);
  }

  private static long rowBytes(Value value, int axis) {
    return value.shape().product(axis + 1, value.shape().rank()) * value.dtype().bytes();
  }

  private static long outer(Value value, int axis) {
    return value.shape().product(0, axis);
  }

  private static long grain(long rowBytes) {
    return Math.max(1, GRAIN_BYTES / Math.max(1, rowBytes));
  }

  private Kernel blocks(
      long count, long from, long fromStride, long to, long toStride, long chunk) {
    return () ->
        pool.forEachRange(
            count,
            grain(chunk),
            (first, last) -> {
              for (long i = first; i < last; i++) {
                Copies.bytes(from + i * fromStride, to + i * toStride, chunk);
              }
            });
  }

  private static Kernel all(List<Kernel> kernels) {
    Kernel[] steps = kernels.toArray(Kernel[]::new);
    return () -> {
      for (Kernel step : steps) {
        step.run();
      }
    };
  }
}
