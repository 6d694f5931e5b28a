package io.colubrid.engine.cpu;

import io.colubrid.engine.random.Philox;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.spi.tensor.DType;
import java.util.List;

/** Constants, and dropout: what brings numbers from elsewhere than its inputs. */
final class SourceKernels {
  private static final long GRAIN = 1 << 12;

  private final CpuMemory memory;
  private final WorkerPool pool;

  SourceKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  Kernel fill(Node node, Operation.Fill fill) {
    DType dtype = node.output().dtype();
    long out = memory.address(node.output());
    long count = node.output().shape().elements();
    int size = dtype.bytes();
    if (dtype == DType.F32 || dtype == DType.F64) {
      Arithmetic type = PointwiseKernels.arithmetic(dtype);
      return () ->
          pool.forEachRange(
              count, GRAIN, (from, to) -> type.fill(fill.value(), out + from * size, to - from));
    }
    return () ->
        pool.forEachRange(
            count,
            GRAIN,
            (from, to) -> {
              for (long i = from; i < to; i++) {
                Elements.set(dtype, out + i * size, fill.value());
              }
            });
  }

  Kernel literal(Node node, Operation.Literal literal) {
    DType dtype = node.output().dtype();
    long out = memory.address(node.output());
    double[] elements = literal.elements().stream().mapToDouble(Double::doubleValue).toArray();
    return () -> {
      for (int i = 0; i < elements.length; i++) {
        Elements.set(dtype, out + (long) i * dtype.bytes(), elements[i]);
      }
    };
  }

  Kernel count(Node node) {
    DType dtype = node.output().dtype();
    long out = memory.address(node.output());
    long count = node.output().shape().elements();
    return () -> {
      for (long i = 0; i < count; i++) {
        Elements.set(dtype, out + i * dtype.bytes(), (double) i);
      }
    };
  }

  Kernel dropout(Node node, Operation.Dropout dropout) {
    DType dtype = node.output().dtype();
    long x = memory.address(node.input(0));
    long clock = memory.address(node.input(1));
    long out = memory.address(node.output());
    int size = dtype.bytes();
    double scale = 1 / (1 - dropout.rate());
    BroadcastLoop loop =
        new BroadcastLoop(
            node.output().shape(), List.of(node.output().shape(), dropout.maskShape()));
    int maskStep = loop.moves(1) ? 1 : 0;
    if (maskStep == 0 && (dtype == DType.F32 || dtype == DType.F64)) {
      return dropRows(dropout, loop, PointwiseKernels.arithmetic(dtype), x, clock, out);
    }
    return () -> {
      long seed = (long) Elements.get(DType.I64, clock);
      long step = (long) Elements.get(DType.I64, clock + Long.BYTES);
      loop.run(
          pool,
          GRAIN,
          (row, offsets) -> {
            int[] block = new int[4];
            for (long i = 0; i < loop.width(); i++) {
              boolean kept =
                  draw(block, seed, step, dropout.key(), offsets[1] + i * maskStep)
                      >= dropout.rate();
              double value = kept ? scale * Elements.get(dtype, x + (row + i) * size) : 0;
              Elements.set(dtype, out + (row + i) * size, value);
            }
          });
    };
  }

  /** One draw decides over a row. */
  private Kernel dropRows(
      Operation.Dropout dropout,
      BroadcastLoop loop,
      Arithmetic type,
      long x,
      long clock,
      long out) {
    double scale = 1 / (1 - dropout.rate());
    return () -> {
      long seed = (long) Elements.get(DType.I64, clock);
      long step = (long) Elements.get(DType.I64, clock + Long.BYTES);
      loop.run(
          pool,
          GRAIN,
          (row, offsets) -> {
            long at = row * type.bytes();
            double drawn = draw(new int[4], seed, step, dropout.key(), offsets[1]);
            if (drawn >= dropout.rate()) {
              type.scaleShift(x + at, scale, 0, out + at, loop.width());
            } else {
              type.fill(0, out + at, loop.width());
            }
          });
    };
  }

  /** The uniform number of one element of one stream in one step. */
  private static double draw(int[] block, long seed, long step, int key, long element) {
    block[0] = (int) element;
    block[1] = (int) (element >>> 32);
    block[2] = (int) step;
    block[3] = key;
    Philox.block(block, seed ^ ((step >>> 32) << 48));
    return Philox.uniform(block[0]);
  }
}
