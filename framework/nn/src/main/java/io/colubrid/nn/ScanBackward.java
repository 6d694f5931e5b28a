package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;

/**
 * The backward pass of a scan over one group of channels of one row of the batch after the other.
 * The states of a tile are computed again from the one that was saved at its beginning.
 */
final class ScanBackward {
  private final ScanGroup group;
  private final ScanPartials partials;
  private final ScanLayout layout;
  private final ScanTile tile;
  private final boolean softplus;
  private final long saved;
  private final long gradState;

  ScanBackward(ScanGroup group, ScanPartials partials, boolean softplus) {
    this.group = group;
    this.partials = partials;
    this.softplus = softplus;
    layout = group.layout;
    tile = group.tile;
    CpuCall call = group.call;
    saved = Addresses.of(call.saved(0), group.shape.checkpoints());
    boolean wanted = call.hasInput(SelectiveScan.STATE) && call.wantsGradient(SelectiveScan.STATE);
    gradState =
        wanted
            ? Addresses.of(call.inputGradient(SelectiveScan.STATE), group.shape.allStates())
            : Addresses.NONE;
  }

  void run(int batch, int groupIndex) {
    group.begin(batch, groupIndex);
    group.loadRates();
    long blockBytes = group.blocks() * layout.vector;
    Addresses.clear(tile.scratch + layout.carry, group.stateBytes());
    Addresses.clear(tile.scratch + layout.gradDecay, group.stateBytes());
    Addresses.clear(tile.scratch + layout.gradSkip, blockBytes);
    Addresses.clear(tile.scratch + layout.gradBias, blockBytes);
    for (int i = group.shape.groups().tiles() - 1; i >= 0; i--) {
      int steps = group.moveTo(i);
      long from = saved + 4 * group.checkpoint(i);
      Addresses.copy(from, tile.scratch + layout.state, group.stateBytes());
      runTile(steps, partials.weights(batch, groupIndex, i));
    }
    if (gradState != Addresses.NONE) {
      group.scatter(layout.carry, gradState, group.firstRowOfStates());
    }
    partials.collect(group, batch, groupIndex);
  }

  private void runTile(int steps, long weights) {
    Runs runs = group.runs;
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.open(softplus, from, to);
      group.withRows(from, to, block -> group.kernels.openBackward(tile, block, from, to));
    }
    for (int n = 0; n < layout.states; n += ScanLayout.PAIR) {
      runStates(n, Math.min(ScanLayout.PAIR, layout.states - n), steps, weights);
    }
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.withRows(
          from, to, block -> group.kernels.closeBackward(tile, softplus, block, from, to));
    }
    group.clearPadding(steps);
  }

  private void runStates(int state, int count, int steps, long weights) {
    Addresses.clear(tile.scratch + layout.sums(), steps * layout.pairBytes);
    for (int block = 0; block < group.blocks(); block++) {
      retrace(block, state, count);
      retreat(block, state, count);
    }
    for (int i = 0; i < count; i++) {
      partials.sum(group, state + i, steps, weights + 4L * (state + i));
    }
  }

  private void retrace(int block, int state, int count) {
    Runs runs = group.runs;
    for (int run = 0; run < runs.count(); run++) {
      if (runs.starts(run)) {
        Addresses.clear(tile.perState(layout.state, block, state), count * layout.vector);
      }
      tile.run = run;
      group.kernels.retrace(tile, block, state, count, runs.from(run), runs.to(run));
    }
  }

  private void retreat(int block, int state, int count) {
    Runs runs = group.runs;
    for (int run = runs.count() - 1; run >= 0; run--) {
      tile.run = run;
      group.kernels.retreat(tile, block, state, count, runs.from(run), runs.to(run));
      if (runs.starts(run)) {
        Addresses.clear(tile.perState(layout.carry, block, state), count * layout.vector);
      }
    }
  }
}
