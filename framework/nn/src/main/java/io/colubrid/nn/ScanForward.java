package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * The forward pass of a scan over one group of channels of one row of the batch after the other.
 */
final class ScanForward {
  // Up to here, turning A_log and the states over to vectors costs more than the scan itself.
  private static final int FEW_STEPS = 4;

  private final ScanGroup group;
  private final CpuCall call;
  private final boolean softplus;

  ScanForward(ScanGroup group, boolean softplus) {
    this.group = group;
    this.softplus = softplus;
    call = group.call;
  }

  void run(int batch, int groupIndex) {
    group.begin(batch, groupIndex);
    if (group.shape.length() <= FEW_STEPS && call.hasInput(SelectiveScan.STATE) && !call.saves()) {
      runFewSteps();
    } else {
      runTiles();
    }
  }

  private void runTiles() {
    ScanLayout layout = group.layout;
    group.loadRates();
    long vectors = (long) group.blocks() * layout.states;
    MemorySegment state =
        group.tile.scratch.asSlice(layout.state, vectors * layout.vector).fill((byte) 0);
    if (call.hasInput(SelectiveScan.STATE)) {
      group.gather(call.input(SelectiveScan.STATE), group.firstRowOfStates(), layout.state);
    }
    for (int i = 0; i < group.shape.groups().tiles(); i++) {
      if (call.saves()) {
        MemorySegment.copy(state, 0, call.saved(0), 4 * group.checkpoint(i), state.byteSize());
      }
      runTile(group.moveTo(i));
    }
    if (call.hasInput(SelectiveScan.STATE)) {
      group.scatter(layout.state, call.output(1), group.firstRowOfStates());
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
      advance(from, to);
      group.withRows(
          from, to, (block, blocks) -> group.kernels.close(group.tile, block, blocks, from, to));
    }
    group.clearPadding(steps);
  }

  private void advance(int from, int to) {
    int states = group.layout.states;
    for (int block = 0; block < group.blocks(); block++) {
      for (int n = 0; n < states; n++) {
        group.kernels.advance(group.tile, block, n, from, to);
      }
    }
  }

  private void runFewSteps() {
    int steps = group.moveTo(0);
    group.loadRatesByChannel();
    Runs runs = group.runs;
    MemorySegment state = call.output(1);
    long stateAt = 4 * group.firstRowOfStates() * group.layout.states;
    long bytes = 4L * group.channels() * group.layout.states;
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.open(softplus, from, to);
      if (runs.starts(run)) {
        state.asSlice(stateAt, bytes).fill((byte) 0);
      }
      group.kernels.step(group.tile, group.channels(), state, stateAt, from, to);
      group.withRows(
          from, to, (block, blocks) -> group.kernels.close(group.tile, block, blocks, from, to));
    }
    group.clearPadding(steps);
  }
}
