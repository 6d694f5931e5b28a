package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.nn.GroupedLinear.Extents;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.op.Parallel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@link GroupedLinear} on the CPU: a product a group. Threads share each product by its columns,
 * so all have the same to do whatever the sizes of the groups.
 */
final class GroupedLinearCpu implements CpuBody {
  static final GroupedLinearCpu BODY = new GroupedLinearCpu();

  private static final int COLUMNS = 48;
  private static final long WORK_WORTH_A_THREAD = 1 << 18;

  private GroupedLinearCpu() {}

  @Override
  public boolean backwardReadsInput(int input) {
    return input != GroupedLinear.BIAS;
  }

  @Override
  public void forward(CpuCall call) {
    Extents extents = Extents.of(call.inputTypes());
    int[] offsets = offsets(call, extents);
    MemorySegment x = call.input(GroupedLinear.X);
    MemorySegment weight = call.input(GroupedLinear.WEIGHT);
    MemorySegment y = call.output(0);
    long in = extents.in();
    long out = extents.out();
    boolean biased = call.hasInput(GroupedLinear.BIAS);
    clearBehind(y, offsets, out);
    byColumns(
        call.parallel(),
        out,
        offsets[extents.groups()] * in,
        (first, columns) -> {
          for (int g = 0; g < extents.groups(); g++) {
            long row = offsets[g];
            long rows = offsets[g + 1] - row;
            if (rows > 0) {
              if (biased) {
                spreadBias(call.input(GroupedLinear.BIAS), g, y, row, rows, first, columns, out);
              }
              call.blas()
                  .gemm(
                      false,
                      true,
                      rows,
                      columns,
                      in,
                      1,
                      x,
                      row * in,
                      in,
                      weight,
                      (g * out + first) * in,
                      in,
                      biased ? 1 : 0,
                      y,
                      row * out + first,
                      out);
            }
          }
        });
  }

  @Override
  public void backward(CpuCall call) {
    Extents extents = Extents.of(call.inputTypes());
    int[] offsets = offsets(call, extents);
    if (call.wantsGradient(GroupedLinear.X)) {
      rowGradients(call, extents, offsets);
    }
    if (call.wantsGradient(GroupedLinear.WEIGHT)) {
      weightGradients(call, extents, offsets);
    }
    if (call.hasInput(GroupedLinear.BIAS) && call.wantsGradient(GroupedLinear.BIAS)) {
      biasGradients(call, extents, offsets);
    }
  }

  private static void rowGradients(CpuCall call, Extents extents, int[] offsets) {
    MemorySegment dy = call.outputGradient(0);
    MemorySegment weight = call.input(GroupedLinear.WEIGHT);
    MemorySegment dx = call.inputGradient(GroupedLinear.X);
    long in = extents.in();
    long out = extents.out();
    clearBehind(dx, offsets, in);
    byColumns(
        call.parallel(),
        in,
        offsets[extents.groups()] * out,
        (first, columns) -> {
          for (int g = 0; g < extents.groups(); g++) {
            long row = offsets[g];
            long rows = offsets[g + 1] - row;
            if (rows > 0) {
              call.blas()
                  .gemm(
                      false,
                      false,
                      rows,
                      columns,
                      out,
                      1,
                      dy,
                      row * out,
                      out,
                      weight,
                      g * out * in + first,
                      in,
                      0,
                      dx,
                      row * in + first,
                      in);
            }
          }
        });
  }

  private static void weightGradients(CpuCall call, Extents extents, int[] offsets) {
    MemorySegment dy = call.outputGradient(0);
    MemorySegment x = call.input(GroupedLinear.X);
    MemorySegment gradient = call.inputGradient(GroupedLinear.WEIGHT);
    long in = extents.in();
    long out = extents.out();
    byColumns(
        call.parallel(),
        out,
        (offsets[extents.groups()] + extents.groups()) * in,
        (first, columns) -> {
          for (int g = 0; g < extents.groups(); g++) {
            long row = offsets[g];
            long rows = offsets[g + 1] - row;
            long at = (g * out + first) * in;
            if (rows == 0) {
              gradient.asSlice(at * Float.BYTES, columns * in * Float.BYTES).fill((byte) 0);
            } else {
              call.blas()
                  .gemm(
                      true,
                      false,
                      columns,
                      in,
                      rows,
                      1,
                      dy,
                      row * out + first,
                      out,
                      x,
                      row * in,
                      in,
                      0,
                      gradient,
                      at,
                      in);
            }
          }
        });
  }

  private static void biasGradients(CpuCall call, Extents extents, int[] offsets) {
    MemorySegment dy = call.outputGradient(0);
    MemorySegment gradient = call.inputGradient(GroupedLinear.BIAS);
    long out = extents.out();
    byColumns(
        call.parallel(),
        out,
        offsets[extents.groups()] + extents.groups(),
        (first, columns) -> {
          for (int g = 0; g < extents.groups(); g++) {
            for (long i = first; i < first + columns; i++) {
              float sum = 0;
              for (long row = offsets[g]; row < offsets[g + 1]; row++) {
                sum += dy.getAtIndex(JAVA_FLOAT, row * out + i);
              }
              gradient.setAtIndex(JAVA_FLOAT, g * out + i, sum);
            }
          }
        });
  }

  private static void spreadBias(
      MemorySegment bias,
      int group,
      MemorySegment y,
      long row,
      long rows,
      long first,
      long columns,
      long out) {
    for (long r = row; r < row + rows; r++) {
      MemorySegment.copy(
          bias,
          (group * out + first) * Float.BYTES,
          y,
          (r * out + first) * Float.BYTES,
          columns * Float.BYTES);
    }
  }

  private static void clearBehind(MemorySegment rows, int[] offsets, long width) {
    rows.asSlice(offsets[offsets.length - 1] * width * Float.BYTES).fill((byte) 0);
  }

  /** A stretch of the columns of every product. */
  @FunctionalInterface
  private interface Columns {
    void run(long first, long count);
  }

  /**
   * @param work multiply-adds a column
   */
  private static void byColumns(Parallel parallel, long columns, long work, Columns task) {
    parallel.forEachRange(
        Math.ceilDiv(columns, COLUMNS),
        Math.ceilDiv(WORK_WORTH_A_THREAD, Math.max(1, work * COLUMNS)),
        (from, to) -> task.run(from * COLUMNS, Math.min(to * COLUMNS, columns) - from * COLUMNS));
  }

  /** The groups as they are in this step. */
  private static int[] offsets(CpuCall call, Extents extents) {
    MemorySegment given = call.input(GroupedLinear.OFFSETS);
    int[] offsets = given.toArray(JAVA_INT);
    for (int g = 0; g < extents.groups(); g++) {
      if (offsets[0] != 0 || offsets[g + 1] < offsets[g] || offsets[g + 1] > extents.rows()) {
        throw new IndexOutOfBoundsException(
            "grouped-linear: offsets must rise from 0 to at most %d, found %s"
                .formatted(extents.rows(), Arrays.toString(offsets)));
      }
    }
    return offsets;
  }
}
