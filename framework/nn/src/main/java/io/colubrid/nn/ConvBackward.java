package io.colubrid.nn;

import static io.colubrid.nn.Addresses.NONE;

import io.colubrid.spi.op.CpuCall;

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
  private final long gradY;
  private final long gradX;
  private final long gradTail;

  ConvBackward(ConvGroup group, ConvPartials partials, boolean silu) {
    this.group = group;
    this.partials = partials;
    this.silu = silu;
    runs = group.runs();
    call = group.call;
    long elements = group.groups.elements();
    gradY = Addresses.of(call.outputGradient(0), elements);
    gradX = gradient(CausalConv1d.X, elements);
    long row = (long) group.groups.batch() * group.groups.channels();
    gradTail = gradient(CausalConv1d.TAIL, row * (group.layout.width - 1));
  }

  private long gradient(int input, long elements) {
    boolean wanted = call.hasInput(input) && call.wantsGradient(input);
    return wanted ? Addresses.of(call.inputGradient(input), elements) : NONE;
  }

  void run(int batch, int index) {
    group.begin(batch, index);
    ConvLayout layout = group.layout;
    long sums = layout.bytes - layout.gradWeights;
    Addresses.clear(group.scratch + layout.gradWeights, sums);
    if (gradTail != NONE) {
      group.clearTail(gradTail);
    }
    int length = group.groups.length();
    for (int first = 0; first < length; first += ChannelGroups.TILE) {
      int steps = Math.min(ChannelGroups.TILE, length - first);
      runs.split(batch, first, steps);
      for (int run = 0; run < runs.count(); run++) {
        goBack(first + runs.from(run), runs.to(run) - runs.from(run));
      }
      clearPadding(first, steps);
    }
    partials.collect(group.scratch, batch, index);
  }

  private void clearPadding(int first, int steps) {
    if (gradX != NONE) {
      runs.forEachPadding(steps, (from, to) -> group.clear(gradX, first + from, to - from));
    }
  }

  private void goBack(int position, int rows) {
    ConvLayout layout = group.layout;
    group.history.locate(group.batch(), position);
    for (int block = 0; block < group.blocks(); block++) {
      group.fillWindow(position, block, rows);
      group.read(gradY, position, block, layout.gradY, rows);
      if (silu) {
        group.kernels.convolve(group.scratch, layout, block, rows);
        group.kernels.slope(group.scratch, layout, rows);
      }
      group.kernels.convolveBackward(group.scratch, layout, block, rows);
      if (gradX != NONE) {
        long own = layout.gradWindow + group.history.size() * layout.vector;
        group.write(own, gradX, position, block, rows);
      }
      group.addHistory(gradX, gradTail, block);
    }
  }
}
