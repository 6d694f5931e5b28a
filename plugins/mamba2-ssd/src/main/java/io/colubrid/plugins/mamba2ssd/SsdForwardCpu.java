package io.colubrid.plugins.mamba2ssd;

import io.colubrid.plugins.mamba2ssd.SsdScratch.Line;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/** The forward pass over one block after the other, chunk by chunk. */
final class SsdForwardCpu {
  private final CpuCall call;
  private final SsdBlock block;
  private final SsdShape shape;
  private final SsdScratch layout;
  private final MemorySegment scratch;
  private final boolean initial;
  private final Matrix h;
  private final Matrix scaled;

  SsdForwardCpu(SsdBlock block) {
    this.block = block;
    call = block.call;
    shape = block.shape;
    layout = block.layout;
    scratch = block.scratch;
    initial = call.hasInput(Ssd.STATE);
    h = block.scratch(layout.state, shape.states());
    scaled = block.scratch(layout.scaled, (long) shape.headsOfBlock() * shape.headDim());
  }

  void run(int index) {
    block.begin(index);
    long elements = block.heads * shape.stateOfHead();
    if (initial) {
      SsdRowsCpu.copy(block.state(call.output(1)), h, elements);
    } else {
      SsdRowsCpu.fill(scratch, layout.state, elements, 0);
    }
    for (int chunk = 0; chunk < shape.chunks(); chunk++) {
      block.moveTo(chunk);
      if (call.saves()) {
        SsdRowsCpu.copy(h, block.stateBefore(call.saved(0)), elements);
      }
      for (int head = 0; head < block.heads; head++) {
        stepSizes(head);
        block.decays(head);
      }
      fromState(initial || chunk > 0);
      fromChunk();
      nextState();
    }
    if (initial) {
      SsdRowsCpu.copy(h, block.state(call.output(1)), elements);
    }
  }

  private void stepSizes(int head) {
    for (int t = 0; t < block.steps; t++) {
      double delta = block.documents.isPadding(t) ? 0 : block.stepSize(head, t);
      block.set(head, Line.DELTA, t, delta);
    }
    if (call.saves()) {
      Matrix saved = SsdCpu.savedSteps(call, block, head);
      MemorySegment.copy(
          scratch, layout.line(head, Line.DELTA), saved.memory(), saved.row(0), 4L * block.steps);
    }
  }

  /** y = what the state that came in adds, and skip·x. */
  private void fromState(boolean present) {
    Matrix y = block.channels(call.output(0));
    if (present) {
      y.product(
          block.blas,
          block.steps,
          block.channels(),
          shape.states(),
          block.c().plain(),
          h.transposed());
    }
    for (int head = 0; head < block.heads; head++) {
      Matrix x = block.x().from(0, (long) head * shape.headDim());
      Matrix out = y.from(0, (long) head * shape.headDim());
      SsdColumnsCpu columns = block.columns(shape.headDim());
      if (present) {
        columns.mix(layout.line(head, Line.FROM_BEGIN), out, block.skip(head), x);
      } else {
        SsdRowsCpu.fill(scratch, layout.line(head, Line.FROM_BEGIN), block.steps, block.skip(head));
        columns.scale(layout.line(head, Line.FROM_BEGIN), x, out);
      }
    }
    block.clearPadding(y);
  }

  /** y += (C·Bᵀ ∘ decays)·Δx. */
  private void fromChunk() {
    Matrix y = block.channels(call.output(0));
    Matrix weights = block.scratch(layout.weights, layout.tileStride);
    for (int row = 0; row < block.steps; row += SsdShape.TILE) {
      int rows = Math.min(SsdShape.TILE, block.steps - row);
      block.scores(row, rows, 0);
      for (int head = 0; head < block.heads; head++) {
        SsdDecaysCpu decays = block.decaysOf(head);
        for (int i = 0; i < rows; i++) {
          weigh(decays, row + i, i, row + rows);
        }
        int column = head * shape.headDim();
        y.from(row, column)
            .addProduct(
                block.blas,
                rows,
                shape.headDim(),
                row + (long) rows,
                weights.plain(),
                block.x().from(0, column).plain());
      }
    }
  }

  private void weigh(SsdDecaysCpu decays, int t, int i, int columns) {
    long row = (long) i * layout.line;
    long out = layout.weights + row;
    if (block.documents.isPadding(t)) {
      SsdRowsCpu.fill(scratch, out, columns, 0);
      return;
    }
    int from = SsdRowsCpu.roundDown(block.documents.firstOf(t));
    int to = SsdRowsCpu.roundUp(t + 1);
    SsdRowsCpu.fill(scratch, out, from, 0);
    SsdRowsCpu.fill(scratch, out + 4L * to, Math.max(0, columns - to), 0);
    decays.weigh(layout.cb + row, out, from, to, t);
  }

  /** h = decay·h + (decays∘Δx)ᵀ·B. */
  private void nextState() {
    for (int head = 0; head < block.heads; head++) {
      long at = h.row((long) head * shape.headDim());
      SsdRowsCpu.scale(scratch, at, shape.stateOfHead(), block.decayOfChunk(head));
    }
    scaleRows(block, scaled);
    h.addProduct(
        block.blas,
        block.channels(),
        shape.states(),
        block.steps,
        scaled.transposed(),
        block.b().plain());
  }

  /** Δ·x with its decay to the chunk's end. */
  static void scaleRows(SsdBlock block, Matrix out) {
    int headDim = block.shape.headDim();
    for (int head = 0; head < block.heads; head++) {
      long column = (long) head * headDim;
      long factors = block.layout.line(head, Line.SHARE);
      block.columns(headDim).scale(factors, block.x().from(0, column), out.from(0, column));
    }
  }
}
