package io.colubrid.plugins.moe;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Parallel;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** {@link Combine} on the CPU, position by position. */
final class CombineCpu implements CpuBody {
  static final CombineCpu BODY = new CombineCpu();

  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 13;

  private CombineCpu() {}

  @Override
  public void forward(CpuCall call) {
    MemorySegment rows = call.input(Combine.ROWS);
    MemorySegment weights = call.input(Combine.WEIGHTS);
    MemorySegment slots = call.input(Combine.SLOTS);
    MemorySegment out = call.output(0);
    long k = choices(call);
    long bytes = rowBytes(call);
    forEachRange(
        call,
        Combine.WEIGHTS,
        (from, to) -> {
          out.asSlice(from * bytes, (to - from) * bytes).fill((byte) 0);
          for (long i = from * k; i < to * k; i++) {
            long slot = slots.getAtIndex(JAVA_INT, i);
            if (slot >= 0) {
              float weight = weights.getAtIndex(JAVA_FLOAT, i);
              RowCpu.addScaled(rows, slot * bytes, weight, out, i / k * bytes, bytes);
            }
          }
        });
  }

  @Override
  public void backward(CpuCall call) {
    if (call.wantsGradient(Combine.ROWS)) {
      rowGradients(call);
    }
    if (call.wantsGradient(Combine.WEIGHTS)) {
      weightGradients(call);
    }
  }

  private static void rowGradients(CpuCall call) {
    MemorySegment weights = call.input(Combine.WEIGHTS);
    MemorySegment slots = call.input(Combine.SLOTS);
    MemorySegment positions = call.input(Combine.POSITIONS);
    MemorySegment arriving = call.outputGradient(0);
    MemorySegment rows = call.inputGradient(Combine.ROWS);
    long k = choices(call);
    long bytes = rowBytes(call);
    forEachRange(
        call,
        Combine.ROWS,
        (from, to) -> {
          for (long slot = from; slot < to; slot++) {
            long n = positions.getAtIndex(JAVA_INT, slot);
            if (n < 0) {
              rows.asSlice(slot * bytes, bytes).fill((byte) 0);
            } else {
              float weight = weights.getAtIndex(JAVA_FLOAT, choice(slots, n * k, slot));
              RowCpu.scale(arriving, n * bytes, weight, rows, slot * bytes, bytes);
            }
          }
        });
  }

  /** Which choice of a position stands in a slot; it is there. */
  private static long choice(MemorySegment slots, long first, long slot) {
    long i = first;
    while (slots.getAtIndex(JAVA_INT, i) != slot) {
      i++;
    }
    return i;
  }

  private static void weightGradients(CpuCall call) {
    MemorySegment rows = call.input(Combine.ROWS);
    MemorySegment slots = call.input(Combine.SLOTS);
    MemorySegment arriving = call.outputGradient(0);
    MemorySegment weights = call.inputGradient(Combine.WEIGHTS);
    long k = choices(call);
    long bytes = rowBytes(call);
    forEachRange(
        call,
        Combine.WEIGHTS,
        (from, to) -> {
          for (long i = from * k; i < to * k; i++) {
            long slot = slots.getAtIndex(JAVA_INT, i);
            float dot =
                slot < 0 ? 0 : RowCpu.dot(arriving, i / k * bytes, rows, slot * bytes, bytes);
            weights.setAtIndex(JAVA_FLOAT, i, dot);
          }
        });
  }

  private static Shape shape(CpuCall call, int input) {
    return requireNonNull(call.inputTypes().get(input)).shape();
  }

  /** Of each position. */
  private static long choices(CpuCall call) {
    return shape(call, Combine.WEIGHTS).dim(1);
  }

  private static long rowBytes(CpuCall call) {
    return shape(call, Combine.ROWS).dim(1) * Float.BYTES;
  }

  /** Over the first dimension of an input, in ranges that are worth a thread. */
  private static void forEachRange(CpuCall call, int input, Parallel.RangeTask task) {
    long grain = Math.ceilDiv(ELEMENTS_WORTH_A_THREAD * Float.BYTES, Math.max(1, rowBytes(call)));
    call.parallel().forEachRange(shape(call, input).dim(0), grain, task);
  }
}
