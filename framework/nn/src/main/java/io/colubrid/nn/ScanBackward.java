package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * The backward pass of a scan over one group of channels of one row of the batch after the other.
 * The states of a tile are computed again from the one that was saved at its beginning.
 */
final class ScanBackward {
  private final ScanGroup group;
  private final ScanPartials partials;
  private final CpuCall call;
  private final ScanLayout layout;
  private final boolean softplus;

  ScanBackward(ScanGroup group, ScanPartials partials, boolean softplus) {
    this.group = group;
    this.partials = partials;
    this.softplus = softplus;
    call = group.call;
    layout = group.layout;
  }

  void run(int batch, int groupIndex) {
    group.begin(batch, groupIndex);
    group.loadRates();
    long vectors = (long) group.blocks() * layout.states;
    clear(layout.carry, vectors);
    clear(layout.gradDecay, vectors);
    clear(layout.gradSkip, group.blocks());
    clear(layout.gradBias, group.blocks());
    for (int i = group.shape.groups().tiles() - 1; i >= 0; i--) {
      int steps = group.moveTo(i);
      long bytes = vectors * layout.vector;
      MemorySegment.copy(
          call.saved(0), 4 * group.checkpoint(i), group.tile.scratch, layout.state, bytes);
      runTile(steps, partials.weights(batch, groupIndex, i));
    }
    if (call.hasInput(SelectiveScan.STATE) && call.wantsGradient(SelectiveScan.STATE)) {
      MemorySegment gradient = call.inputGradient(SelectiveScan.STATE);
      group.scatter(layout.carry, gradient, group.firstRowOfStates());
    }
    partials.collect(group, batch, groupIndex);
  }

  private void clear(long at, long vectors) {
    group.tile.scratch.asSlice(at, vectors * layout.vector).fill((byte) 0);
  }

  private void runTile(int steps, long weights) {
    Runs runs = group.runs;
    ScanTile tile = group.tile;
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.open(softplus, from, to);
      group.withRows(
          from, to, (block, blocks) -> group.kernels.openBackward(tile, block, blocks, from, to));
    }
    for (int n = 0; n < layout.states; n += ScanLayout.PAIR) {
      runStates(n, Math.min(ScanLayout.PAIR, layout.states - n), steps, weights);
    }
    for (int run = 0; run < runs.count(); run++) {
      int from = runs.from(run);
      int to = runs.to(run);
      group.withRows(
          from,
          to,
          (block, blocks) -> group.kernels.closeBackward(tile, softplus, block, blocks, from, to));
    }
    group.clearPadding(steps);
  }

  private void runStates(int state, int count, int steps, long weights) {
    group.tile.scratch.asSlice(layout.sums(), steps * layout.pairBytes).fill((byte) 0);
    for (int block = 0; block < group.blocks(); block++) {
      retrace(block, state, count);
      retreat(block, state, count);
    }
    for (int i = 0; i < count; i++) {
      partials.sum(group, i, steps, weights + 4L * (state + i));
    }
  }

  private void retrace(int block, int state, int count) {
    Runs runs = group.runs;
    for (int run = 0; run < runs.count(); run++) {
      if (runs.starts(run)) {
        clear(layout.perState(layout.state, block, state), count);
      }
      group.kernels.retrace(group.tile, block, state, count, runs.from(run), runs.to(run), run);
    }
  }

  private void retreat(int block, int state, int count) {
    Runs runs = group.runs;
    for (int run = runs.count() - 1; run >= 0; run--) {
      for (int i = 0; i < count; i++) {
        group.kernels.retreat(group.tile, block, state + i, i, runs.from(run), runs.to(run), run);
      }
      if (runs.starts(run)) {
        clear(layout.perState(layout.carry, block, state), count);
      }
    }
  }
}
