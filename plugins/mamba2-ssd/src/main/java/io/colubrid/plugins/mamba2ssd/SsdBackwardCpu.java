package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.plugins.mamba2ssd.SsdScratch.Line;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The backward pass over one block after the other, the last chunk first. With s the sum of Δ·A in
 * a chunk and K the gradient of a decay times the decay, s_t gets the K of all pairs in which t is
 * the later position, less those in which it is the earlier one. Pairs of a position with itself
 * cancel and are left out; others cancel where sums of s_t are formed, and are summed in doubles.
 */
final class SsdBackwardCpu {
  private final CpuCall call;
  private final SsdBlock block;
  private final SsdPartials partials;
  private final SsdShape shape;
  private final SsdScratch layout;
  private final MemorySegment scratch;
  private final boolean initial;
  private final boolean wantsState;
  private final Matrix gradH;
  private final Matrix scaled;
  private final Matrix gradX;
  private final Matrix gradB;
  private final Matrix gradC;

  /** Of each head: gradient of the sum at the chunk's end, and those that have one a head. */
  private final double[] gradEnd;

  private final double[] gradRate;
  private final double[] gradSkip;
  private final double[] gradBias;

  SsdBackwardCpu(SsdBlock block, SsdPartials partials) {
    this.block = block;
    this.partials = partials;
    call = block.call;
    shape = block.shape;
    layout = block.layout;
    scratch = block.scratch;
    initial = call.hasInput(Ssd.STATE);
    wantsState = initial && call.wantsGradient(Ssd.STATE);
    int heads = shape.headsOfBlock();
    long channels = (long) heads * shape.headDim();
    gradH = block.scratch(layout.state, shape.states());
    scaled = block.scratch(layout.scaled, channels);
    gradX = block.scratch(layout.gradX, channels);
    gradB = block.scratch(layout.gradB, shape.states());
    gradC = block.scratch(layout.gradC, shape.states());
    gradEnd = new double[heads];
    gradRate = new double[heads];
    gradSkip = new double[heads];
    gradBias = new double[heads];
  }

  void run(int index) {
    block.begin(index);
    for (double[] sums : new double[][] {gradRate, gradSkip, gradBias}) {
      Arrays.fill(sums, 0);
    }
    SsdRowsCpu.fill(scratch, layout.state, block.heads * shape.stateOfHead(), 0);
    for (int chunk = shape.chunks() - 1; chunk >= 0; chunk--) {
      block.moveTo(chunk);
      begin();
      fromNextState(chunk < shape.chunks() - 1);
      fromState(initial || chunk > 0);
      fromChunk();
      for (int head = 0; head < block.heads; head++) {
        steps(head);
      }
      write();
    }
    if (wantsState) {
      Matrix out = block.state(call.inputGradient(Ssd.STATE));
      SsdRowsCpu.copy(gradH, out, block.heads * shape.stateOfHead());
    }
    for (int head = 0; head < block.heads; head++) {
      double rate = block.rate(head);
      partials.set(SsdPartials.OfHead.A_LOG, block, head, rate * gradRate[head]);
      partials.set(SsdPartials.OfHead.SKIP, block, head, gradSkip[head]);
      partials.set(SsdPartials.OfHead.DELTA_BIAS, block, head, gradBias[head]);
    }
  }

  private void begin() {
    for (int head = 0; head < block.heads; head++) {
      Matrix saved = SsdCpu.savedSteps(call, block, head);
      long delta = layout.line(head, Line.DELTA);
      MemorySegment.copy(saved.memory(), saved.row(0), scratch, delta, 4L * block.steps);
      block.decays(head);
      SsdRowsCpu.fill(scratch, layout.line(head, Line.GRAD_DELTA), layout.tileStride, 0);
      SsdRowsCpu.fill(scratch, layout.gradSum(head), 2L * layout.tileStride, 0);
      gradEnd[head] = 0;
    }
  }

  /**
   * What the chunk gives to the state behind it: gradients of x, B, Δ and the decays to the end.
   */
  private void fromNextState(boolean present) {
    if (!present) {
      clear(gradX, (long) shape.headsOfBlock() * shape.headDim());
      clear(gradB, shape.states());
      return;
    }
    gradX.product(
        block.blas,
        block.steps,
        block.channels(),
        shape.states(),
        block.b().plain(),
        gradH.transposed());
    SsdForwardCpu.scaleRows(block, scaled);
    gradB.product(
        block.blas, block.steps, shape.states(), block.channels(), scaled.plain(), gradH.plain());
    for (int head = 0; head < block.heads; head++) {
      Matrix grad = gradX.from(0, (long) head * shape.headDim());
      Matrix x = block.x().from(0, (long) head * shape.headDim());
      SsdColumnsCpu columns = block.columns(shape.headDim());
      columns.multiply(layout.products, x, grad);
      for (int t = 0; t < block.steps; t++) {
        float product = scratch.get(JAVA_FLOAT, layout.products + 4L * t);
        float share = block.get(head, Line.SHARE, t) * product;
        block.set(head, Line.GRAD_DELTA, t, block.get(head, Line.TO_END, t) * product);
        addToSum(head, t, -share);
        gradEnd[head] += share;
      }
      columns.scale(layout.line(head, Line.SHARE), grad, grad);
    }
  }

  private void addToSum(int head, int t, double more) {
    long at = layout.gradSum(head) + 8L * t;
    scratch.set(JAVA_DOUBLE, at, scratch.get(JAVA_DOUBLE, at) + more);
  }

  private void clear(Matrix matrix, long columns) {
    SsdRowsCpu.fill(matrix.memory(), matrix.row(0), block.steps * columns, 0);
  }

  /** What the state before the chunk gives to it: gradients of C, of that state, and of decays. */
  private void fromState(boolean present) {
    if (!present) {
      clear(gradC, shape.states());
      return;
    }
    Matrix h = block.stateBefore(call.saved(0));
    Matrix gradY = block.channels(call.outputGradient(0));
    clear(gradC, shape.states());
    for (int head = 0; head < block.heads; head++) {
      int channel = head * shape.headDim();
      addToC(head, gradY.from(0, channel), h.from(channel, 0));
      float decay = block.decayOfChunk(head);
      long at = gradH.row(channel);
      int elements = Math.toIntExact(shape.stateOfHead());
      new SsdColumnsCpu(scratch, 1, elements)
          .multiply(layout.products, h.from(channel, 0), gradH.from(channel, 0));
      gradEnd[head] += (double) decay * scratch.get(JAVA_FLOAT, layout.products);
      SsdRowsCpu.scale(scratch, at, elements, decay);
    }
    if (block.chunk > 0 || wantsState) {
      scaleGradients(gradY);
      gradH.addProduct(
          block.blas,
          block.channels(),
          shape.states(),
          block.steps,
          scaled.transposed(),
          block.c().plain());
    }
  }

  private void addToC(int head, Matrix gradY, Matrix h) {
    Matrix fromState = block.scratch(layout.fromState, shape.states());
    fromState.product(
        block.blas, block.steps, shape.states(), shape.headDim(), gradY.plain(), h.plain());
    block
        .columns(shape.states())
        .add(layout.line(head, Line.FROM_BEGIN), layout.products, fromState, gradC, block.c());
    for (int t = 0; t < block.steps; t++) {
      addToSum(head, t, scratch.get(JAVA_FLOAT, layout.products + 4L * t));
    }
  }

  /** The gradient of y with the decays from the chunk's begin. */
  private void scaleGradients(Matrix gradY) {
    for (int head = 0; head < block.heads; head++) {
      long column = (long) head * shape.headDim();
      long factors = layout.line(head, Line.FROM_BEGIN);
      block.columns(shape.headDim()).scale(factors, gradY.from(0, column), scaled.from(0, column));
    }
  }

  private void fromChunk() {
    Matrix weights = block.scratch(layout.weights, layout.tileStride);
    Matrix gradScores = block.scratch(layout.gradCb, layout.tileStride);
    Matrix gradY = block.channels(call.outputGradient(0));
    int headDim = shape.headDim();
    for (int row = 0; row < block.steps; row += SsdShape.TILE) {
      int rows = Math.min(SsdShape.TILE, block.steps - row);
      int columns = row + rows;
      block.scores(row, rows, 1);
      SsdRowsCpu.fill(scratch, layout.gradCb, (long) rows * layout.tileStride, 0);
      for (int head = 0; head < block.heads; head++) {
        Matrix gradRows = gradY.from(row, (long) head * headDim);
        Matrix x = block.x().from(0, (long) head * headDim);
        weights.product(block.blas, rows, columns, headDim, gradRows.plain(), x.transposed());
        SsdDecaysCpu decays = block.decaysOf(head);
        for (int i = 0; i < rows; i++) {
          weigh(decays, row + i, i, columns);
        }
        gradX
            .from(0, (long) head * headDim)
            .addProduct(block.blas, columns, headDim, rows, weights.transposed(), gradRows.plain());
      }
      gradC
          .from(row, 0)
          .addProduct(
              block.blas, rows, shape.states(), columns, gradScores.plain(), block.b().plain());
      gradB.addProduct(
          block.blas,
          columns,
          shape.states(),
          rows,
          gradScores.transposed(),
          block.c().from(row, 0).plain());
    }
  }

  private void weigh(SsdDecaysCpu decays, int t, int i, int columns) {
    long row = (long) i * layout.line;
    long gradients = layout.weights + row;
    if (block.documents.isPadding(t)) {
      SsdRowsCpu.fill(scratch, gradients, columns, 0);
      return;
    }
    int first = block.documents.firstOf(t);
    float own = scratch.get(JAVA_FLOAT, gradients + 4L * t);
    block.hide(gradients, first, t);
    int from = SsdRowsCpu.roundDown(first);
    int to = SsdRowsCpu.roundUp(t);
    SsdRowsCpu.fill(scratch, gradients, from, 0);
    SsdRowsCpu.fill(scratch, gradients + 4L * to, Math.max(0, columns - to), 0);
    decays.weighBackward(layout.cb + row, gradients, layout.gradCb + row, from, to, t);
    int head = decays.head();
    float score = scratch.get(JAVA_FLOAT, layout.diagonal + 4L * i);
    float delta = block.get(head, Line.DELTA, t);
    block.set(head, Line.GRAD_DELTA, t, block.get(head, Line.GRAD_DELTA, t) + own * score);
    scratch.set(JAVA_FLOAT, gradients + 4L * t, score * delta);
    long gradScore = layout.gradCb + row + 4L * t;
    scratch.set(JAVA_FLOAT, gradScore, scratch.get(JAVA_FLOAT, gradScore) + own * delta);
  }

  /** Gradients of step sizes: sums of Δ·A are sums over all later positions of the document. */
  private void steps(int head) {
    boolean wanted = call.wantsGradient(Ssd.DELTA);
    double rate = block.rate(head);
    double gradSum = gradEnd[head];
    for (int t = block.steps - 1; t >= 0; t--) {
      double gradRaw = 0;
      if (!block.documents.isPadding(t)) {
        double delta = block.get(head, Line.DELTA, t);
        gradSum += scratch.get(JAVA_DOUBLE, layout.gradSum(head) + 8L * t);
        if (block.documents.startsAt(t)) {
          gradSum = 0;
        }
        gradRate[head] += delta * gradSum;
        double gradDelta = block.get(head, Line.GRAD_DELTA, t) + rate * gradSum;
        gradRaw = gradDelta * slope(delta);
        gradBias[head] += gradRaw;
      }
      if (wanted) {
        call.inputGradient(Ssd.DELTA)
            .setAtIndex(JAVA_FLOAT, block.stepAt(head, t), (float) gradRaw);
      }
    }
  }

  /** Derivative of softplus where it has a value; none at its bounds. */
  private double slope(double delta) {
    boolean bounded =
        delta >= (float) block.op.maxStep()
            || (block.op.minStep() > 0 && delta <= (float) block.op.minStep());
    return bounded ? 0 : -Math.expm1(-delta);
  }

  private void write() {
    boolean wanted = call.wantsGradient(Ssd.XBC);
    Matrix x = block.x();
    Matrix gradY = block.channels(call.outputGradient(0));
    int headDim = shape.headDim();
    for (int head = 0; head < block.heads; head++) {
      Matrix grad = gradX.from(0, (long) head * headDim);
      Matrix from = gradY.from(0, (long) head * headDim);
      SsdColumnsCpu columns = block.columns(headDim);
      columns.multiply(layout.products, from, x.from(0, (long) head * headDim));
      for (int t = 0; t < block.steps; t++) {
        if (!block.documents.isPadding(t)) {
          gradSkip[head] += scratch.get(JAVA_FLOAT, layout.products + 4L * t);
        }
      }
      SsdRowsCpu.fill(scratch, layout.products, block.steps, 1);
      columns.mix(layout.products, grad, block.skip(head), from);
    }
    block.clearPadding(gradX);
    if (wanted) {
      Matrix out =
          block.rows(call.inputGradient(Ssd.XBC), shape.width(), (long) block.firstHead * headDim);
      copyRows(gradX, out, block.channels());
      copyRows(gradB, partials.ofB(block), shape.states());
      copyRows(gradC, partials.ofC(block), shape.states());
    }
  }

  private void copyRows(Matrix from, Matrix to, long columns) {
    for (int t = 0; t < block.steps; t++) {
      MemorySegment.copy(from.memory(), from.row(t), to.memory(), to.row(t), 4L * columns);
    }
  }
}
