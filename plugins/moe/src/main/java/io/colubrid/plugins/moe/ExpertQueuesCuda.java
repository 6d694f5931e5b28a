package io.colubrid.plugins.moe;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExpertQueues} on a GPU: a counting sort that keeps the order, by one block where choices
 * are few, else in three launches over parts of them.
 */
record ExpertQueuesCuda(ExpertQueues queues) implements CudaBody {
  private static final int MOST_THREADS = 1024;
  private static final int WARP = 32;
  private static final int MOST_EXPERTS = 256;
  private static final long PART = 4 * MOST_THREADS;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return queues.experts() <= MOST_EXPERTS;
  }

  /** Counts of each part, and where queues begin; one part needs neither. */
  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    long parts = parts(inputs);
    return parts <= 1 ? 0 : (parts + 1) * queues.experts() * Integer.BYTES;
  }

  private static long parts(List<@Nullable TensorType> inputs) {
    return Math.ceilDiv(choices(inputs).elements(), PART);
  }

  private static Shape choices(List<@Nullable TensorType> inputs) {
    return RowLaunches.type(inputs, ExpertQueues.CHOICES).shape();
  }

  @Override
  public void forward(CudaCall call) {
    Shape choices = choices(call.inputTypes());
    long parts = parts(call.inputTypes());
    long room = queues.slots(choices);
    long slots = call.output(ExpertQueues.SLOTS);
    long positions = call.output(ExpertQueues.POSITIONS);
    long offsets = call.output(ExpertQueues.OFFSETS);
    long demand = call.output(ExpertQueues.DEMAND);
    long[] all = {
      call.input(ExpertQueues.CHOICES),
      call.input(ExpertQueues.SEGMENTS),
      choices.elements(),
      PART,
      queues.capacity(),
      choices.dim(1),
      queues.experts(),
      queues.spaced() ? 1 : 0
    };
    if (parts <= 1) {
      launch(call, "queues_at_once", 1, all, slots, positions, room, offsets, demand);
      return;
    }
    long counts = call.workspace();
    long starts = counts + parts * queues.experts() * Integer.BYTES;
    launch(call, "queues_count", parts, all, counts, positions, room);
    launch(call, "queues_lay_out", 1, all, counts, parts, starts, offsets, demand);
    launch(call, "queues_line_up", parts, all, counts, starts, slots, positions);
  }

  /** With no more warps than there are choices for, since they wait for each other. */
  private static void launch(CudaCall call, String kernel, long blocks, Object... arguments) {
    long warps = Math.ceilDiv(choices(call.inputTypes()).elements(), WARP);
    int threads = Math.clamp(warps * WARP, WARP, MOST_THREADS);
    call.launchEarly(RowLaunches.FATBIN, kernel, CudaCall.Grid.of(blocks), threads, 0, arguments);
  }
}
