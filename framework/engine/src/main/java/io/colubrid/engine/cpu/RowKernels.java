package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Rows taken from tables and added to them, and whole tensors written over others. */
final class RowKernels {
  private static final long GRAIN = 1 << 13;

  private final CpuMemory memory;
  private final WorkerPool pool;

  RowKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  Kernel gather(Node node) {
    Value table = node.input(0);
    long from = memory.address(table);
    long indices = memory.address(node.input(1));
    MemorySegment out = memory.segment(node.output());
    long rows = table.dim(0);
    long bytes = rows == 0 ? 0 : table.type().bytes() / rows;
    return () ->
        pool.forEachRange(
            node.output().dim(0),
            Math.max(1, GRAIN * Float.BYTES / Math.max(1, bytes)),
            (first, last) -> {
              for (long i = first; i < last; i++) {
                long index = index(indices, i, rows);
                if (index < 0) {
                  out.asSlice(i * bytes, bytes).fill((byte) 0);
                } else {
                  Copies.bytes(from + index * bytes, out.address() + i * bytes, bytes);
                }
              }
            });
  }

  /** Threads share the columns, so that equal indices add up in the order of the rows. */
  Kernel scatter(Node node, Operation.ScatterRows scatter) {
    Value rows = node.input(1);
    Value out = node.output();
    Arithmetic type = PointwiseKernels.arithmetic(out.dtype());
    long indices = memory.address(node.input(0));
    long from = memory.address(rows);
    long to = memory.address(out);
    long count = rows.dim(0);
    long tableRows = out.dim(0);
    long width = out.shape().product(1, out.shape().rank());
    int size = type.bytes();
    MemorySegment all = memory.segment(out);
    return () -> {
      if (!scatter.accumulate()) {
        all.fill((byte) 0);
      }
      pool.forEachRange(
          width,
          Math.max(16, GRAIN / Math.max(1, count)),
          (first, last) -> {
            for (long i = 0; i < count; i++) {
              long index = index(indices, i, tableRows);
              if (index >= 0) {
                long source = from + (i * width + first) * size;
                type.axpy(1, source, to + (index * width + first) * size, last - first);
              }
            }
          });
    };
  }

  private static long index(long indices, long at, long rows) {
    long index = (long) Elements.get(DType.I32, indices + at * Integer.BYTES);
    if (index >= rows || index < -1) {
      throw new IndexOutOfBoundsException(
          "index " + index + " at position " + at + " is not among " + rows + " rows");
    }
    return index;
  }

  Kernel accumulate(Node node, Operation.Accumulate accumulate) {
    Arithmetic type = PointwiseKernels.arithmetic(node.output().dtype());
    long target = memory.address(node.input(0)) + accumulate.offset();
    long x = memory.address(node.input(1));
    int size = type.bytes();
    return () ->
        pool.forEachRange(
            node.input(1).shape().elements(),
            GRAIN,
            (from, to) -> type.axpy(1, x + from * size, target + from * size, to - from));
  }

  Kernel assign(Node node) {
    long target = memory.address(node.input(0));
    long x = memory.address(node.input(1));
    long bytes = node.output().type().bytes();
    return () ->
        pool.forEachRange(
            bytes,
            GRAIN * Float.BYTES,
            (from, to) -> Copies.bytes(x + from, target + from, to - from));
  }
}
