package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;

/**
 * The forward pass of a scan over one group of channels of one row of the batch after the other.
 */
final class ScanForward {
  // Up to here, turning A_log and the states over to vectors costs more than the scan itself.
  private static final int FEW_STEPS = 4;

  private final ScanGroup group;
  private final CpuCall call;
  private final ScanLayout layout;
  private final boolean softplus;
  private final long state;
  private final long saved;

  ScanForward(ScanGroup group, boolean softplus) {
    this.group = group;
    this.softplus = softplus;
    call = group.call;
    layout = group.layout;
    ScanShape shape = group.shape;
    state =
        call.hasInput(SelectiveScan.STATE)
            ? Addresses.of(call.output(1), shape.allStates())
            : Addresses.NONE;
    saved = call.saves() ? Addresses.of(call.saved(0), shape.checkpoints()) : Addresses.NONE;
  }

  void run(int batch, int groupIndex) {
    group.begin(batch, groupIndex);
    if (group.shape.length() <= FEW_STEPS && state != Addresses.NONE && !call.saves()) {
      runFewSteps();
    } else {
      runTiles();
    }
  }

  private void runTiles() {
    group.loadRates();
    group.clearStates();
    if (state != Addresses.NONE) {
      group.gather(state, group.firstRowOfStates(), layout.state);
    }
    for (int i = 0; i < group.shape.groups().tiles(); i++) {
      if (saved != Addresses.NONE) {
        long from = group.tile.scratch + layout.state;
        Addresses.copy(from, saved + 4 * group.checkpoint(i), group.stateBytes());
      }
      runTile(group.moveTo(i));
    }
    if (state != Addresses.NONE) {
      group.scatter(layout.state, state, group.firstRowOfStates());
    }
  }

  private void runTile(int steps) {
    Runs runs = group.runs;
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.open(softplus, from, to);
      if (runs.starts(run)) {
        group.clearStates();
      }
      for (int block = 0; block < group.blocks(); block++) {
        for (int n = 0; n < layout.states; n++) {
          group.kernels.advance(group.tile, block, n, from, to);
        }
      }
      close(from, to);
    }
    group.clearPadding(steps);
  }

  private void close(int from, int to) {
    group.withRows(from, to, block -> group.kernels.close(group.tile, block, from, to));
  }

  private void runFewSteps() {
    int steps = group.moveTo(0);
    group.loadRatesByChannel();
    Runs runs = group.runs;
    long here = state + 4 * group.firstRowOfStates() * layout.states;
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.open(softplus, from, to);
      if (runs.starts(run)) {
        Addresses.clear(here, 4L * group.channels() * layout.states);
      }
      group.kernels.step(group.tile, group.channels(), here, from, to);
      close(from, to);
    }
    group.clearPadding(steps);
  }
}
