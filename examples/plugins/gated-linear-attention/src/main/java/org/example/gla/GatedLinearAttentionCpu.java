package org.example.gla;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link GatedLinearAttention} on the CPU, position by position: a head of a row is one thread's,
 * and its S stays in the first cache.
 */
record GatedLinearAttentionCpu(int heads) implements CpuBody {

  /** The state that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType state = inputs.get(GatedLinearAttention.STATE);
    return state == null ? List.of() : List.of(state);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != GatedLinearAttention.STATE;
  }

  @Override
  public void forward(CpuCall call) {
    boolean carries = call.hasInput(GatedLinearAttention.STATE);
    if (carries && call.saves()) {
      call.saved(0).copyFrom(call.input(GatedLinearAttention.STATE));
    }
    MemorySegment before = carries ? call.input(GatedLinearAttention.STATE) : null;
    MemorySegment after = carries ? call.output(1) : null;
    forEachHead(call, before, (head, row, h) -> head.forward(row, h, after));
  }

  @Override
  public void backward(CpuCall call) {
    MemorySegment before = call.hasInput(GatedLinearAttention.STATE) ? call.saved(0) : null;
    forEachHead(call, before, HeadScan::backward);
  }

  /** Something done to a head of a row. */
  @FunctionalInterface
  private interface Task {
    void run(HeadScan scan, int row, int head);
  }

  private void forEachHead(CpuCall call, @Nullable MemorySegment before, Task task) {
    TensorType q = call.inputTypes().getFirst();
    long rows = q == null ? 0 : q.shape().dim(0);
    call.parallel()
        .forEachRange(
            rows * heads,
            1,
            (from, to) -> {
              HeadScan scan = new HeadScan(call, heads, before);
              for (long i = from; i < to; i++) {
                task.run(scan, (int) (i / heads), (int) (i % heads));
              }
            });
  }
}
