package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;

/** The forward pass of a causal convolution over one group after the other. */
final class ConvForward {
  private final ConvGroup group;
  private final boolean silu;
  private final Runs runs;
  private final CpuCall call;

  ConvForward(ConvGroup group, boolean silu) {
    this.group = group;
    this.silu = silu;
    runs = group.runs();
    call = group.call;
  }

  void run(int batch, int index) {
    group.begin(batch, index);
    int length = group.groups.length();
    long y = Addresses.of(call.output(0), group.groups.elements());
    for (int first = 0; first < length; first += ChannelGroups.TILE) {
      int steps = Math.min(ChannelGroups.TILE, length - first);
      runs.split(batch, first, steps);
      for (int run = 0; run < runs.count(); run++) {
        convolve(first + runs.from(run), runs.to(run) - runs.from(run), y);
      }
      int position = first;
      runs.forEachPadding(steps, (from, to) -> group.clear(y, position + from, to - from));
    }
    if (call.hasInput(CausalConv1d.TAIL)) {
      group.advanceTail();
    }
  }

  private void convolve(int position, int rows, long y) {
    group.history.locate(group.batch(), position);
    for (int block = 0; block < group.blocks(); block++) {
      group.fillWindow(position, block, rows);
      group.kernels.convolve(group.scratch, group.layout, block, rows);
      if (silu) {
        group.kernels.activate(group.scratch, group.layout, rows);
      }
      group.write(group.layout.y, y, position, block, rows);
    }
  }
}
