package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of a causal convolution over one group after the other. Tiles go forward: what
 * a tile owes to the inputs before it is added to rows that are already there.
 */
final class ConvBackward {
  private final ConvGroup group;
  private final boolean silu;
  private final Runs runs;
  private final CpuCall call;
  private final ConvPartials partials;
  private final @Nullable MemorySegment gradX;
  private final @Nullable MemorySegment gradTail;

  ConvBackward(ConvGroup group, ConvPartials partials, boolean silu) {
    this.group = group;
    this.partials = partials;
    this.silu = silu;
    runs = new Runs(group.segments(), ChannelGroups.TILE);
    call = group.call;
    gradX = gradient(CausalConv1d.X);
    gradTail = gradient(CausalConv1d.TAIL);
  }

  private @Nullable MemorySegment gradient(int input) {
    return call.hasInput(input) && call.wantsGradient(input) ? call.inputGradient(input) : null;
  }

  void run(int batch, int index) {
    group.begin(batch, index);
    ConvLayout layout = group.layout;
    long sums = layout.bytes - layout.gradWeights;
    group.scratch.asSlice(layout.gradWeights, sums).fill((byte) 0);
    if (gradTail != null) {
      group.clearTail(gradTail);
    }
    int length = group.groups.length();
    for (int first = 0; first < length; first += ChannelGroups.TILE) {
      int steps = Math.min(ChannelGroups.TILE, length - first);
      runs.split((long) batch * length, first, steps);
      for (int run = 0; run < runs.count(); run++) {
        goBack(first + runs.from(run), runs.to(run) - runs.from(run));
      }
      clearPadding(first, steps);
    }
    partials.collect(group.scratch, batch, index);
  }

  private void clearPadding(int first, int steps) {
    MemorySegment gradient = gradX;
    if (gradient != null) {
      runs.forEachPadding(steps, (from, to) -> group.clear(gradient, first + from, to - from));
    }
  }

  private void goBack(int position, int rows) {
    ConvLayout layout = group.layout;
    group.history.locate(group.batch(), position);
    for (int block = 0; block < group.blocks(); block++) {
      group.fillWindow(position, block, rows);
      group.read(call.outputGradient(0), position, block, layout.gradY, rows);
      if (silu) {
        group.kernels.convolve(group.scratch, layout, block, rows);
        group.kernels.slope(group.scratch, layout, rows);
      }
      group.kernels.convolveBackward(group.scratch, layout, block, rows);
      if (gradX != null) {
        long own = layout.gradWindow + group.history.size() * layout.vector;
        group.write(own, gradX, position, block, rows);
      }
      group.addHistory(gradX, gradTail, block);
    }
  }
}
