package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** The loops of a scan one channel at a time, for a JVM without the vector module. */
final class ScalarScan implements ScanKernels {
  private static final int V = 4;
  private static final double LN_2 = Math.log(2);

  @Override
  public int lanes() {
    return 1;
  }

  static float get(MemorySegment segment, long at) {
    return segment.get(JAVA_FLOAT, at);
  }

  static void set(MemorySegment segment, long at, double value) {
    segment.set(JAVA_FLOAT, at, (float) value);
  }

  private static void add(MemorySegment segment, long at, double value) {
    set(segment, at, get(segment, at) + value);
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Override
  public void rates(MemorySegment segment, long at, int vectors) {
    for (int i = 0; i < vectors; i++) {
      long here = at + (long) i * V;
      set(segment, here, -Math.exp(get(segment, here)) / LN_2);
    }
  }

  private static long record(ScanTile tile, int block, int t) {
    return tile.layout.steps(block) + t * tile.layout.stepBytes;
  }

  private static long row(ScanTile tile, int firstBlock, int block, int t) {
    return tile.row + (long) (block - firstBlock) * V + t * tile.rowStride;
  }

  private static double raw(ScanTile tile, int firstBlock, int block, int t) {
    return get(tile.rows.delta(), row(tile, firstBlock, block, t))
        + get(tile.scratch, tile.layout.bias + (long) block * V);
  }

  @Override
  public void open(ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    for (int i = block; i < block + blocks; i++) {
      double skip = get(tile.scratch, tile.layout.skip + (long) i * V);
      for (int t = from; t < to; t++) {
        double raw = raw(tile, block, i, t);
        double delta = softplus ? Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw))) : raw;
        double u = get(tile.rows.u(), row(tile, block, i, t));
        long at = record(tile, i, t);
        set(tile.scratch, at + ScanLayout.DELTA * V, delta);
        set(tile.scratch, at + ScanLayout.INPUT * V, delta * u);
        set(tile.scratch, at + ScanLayout.Y * V, skip * u);
      }
    }
  }

  @Override
  public void advance(ScanTile tile, int block, int state, int from, int to) {
    long stateAt = tile.layout.perState(tile.layout.state, block, state);
    double rate = get(tile.scratch, tile.layout.perState(tile.layout.rate, block, state));
    double h = get(tile.scratch, stateAt);
    for (int t = from; t < to; t++) {
      long at = record(tile, block, t);
      double decay = Math.exp(LN_2 * rate * get(tile.scratch, at + ScanLayout.DELTA * V));
      h = next(tile, at, state, t, decay, h);
    }
    set(tile.scratch, stateAt, h);
  }

  private static double next(
      ScanTile tile, long at, int state, int t, double decay, double before) {
    long w = tile.weights + t * tile.weightStride() + (long) state * V;
    double h = decay * before + get(tile.scratch, at + ScanLayout.INPUT * V) * get(tile.b, w);
    add(tile.scratch, at + ScanLayout.Y * V, h * get(tile.c, w));
    return h;
  }

  @Override
  public void close(ScanTile tile, int block, int blocks, int from, int to) {
    MemorySegment out = Objects.requireNonNull(tile.rows.out());
    MemorySegment gate = tile.rows.gate();
    for (int i = block; i < block + blocks; i++) {
      for (int t = from; t < to; t++) {
        long row = row(tile, block, i, t);
        double z = gate == null ? 0 : get(gate, row);
        double open = gate == null ? 1 : z * sigmoid(z);
        set(out, row, open * get(tile.scratch, record(tile, i, t) + ScanLayout.Y * V));
      }
    }
  }

  @Override
  public void step(
      ScanTile tile, int channels, MemorySegment state, long stateAt, int from, int to) {
    int states = tile.layout.states;
    for (int i = 0; i < channels * states; i++) {
      double rate = get(tile.scratch, tile.layout.rate + (long) i * V);
      double h = get(state, stateAt + (long) i * V);
      for (int t = from; t < to; t++) {
        long at = record(tile, i / states, t);
        double decay = Math.exp(LN_2 * rate * get(tile.scratch, at + ScanLayout.DELTA * V));
        h = next(tile, at, i % states, t, decay, h);
      }
      set(state, stateAt + (long) i * V, h);
    }
  }

  @Override
  public void openBackward(ScanTile tile, int block, int blocks, int from, int to) {
    MemorySegment gradOut = Objects.requireNonNull(tile.rows.gradOut());
    MemorySegment gate = tile.rows.gate();
    for (int i = block; i < block + blocks; i++) {
      for (int t = from; t < to; t++) {
        long row = row(tile, block, i, t);
        double z = gate == null ? 0 : get(gate, row);
        long at = record(tile, i, t);
        double open = gate == null ? 1 : z * sigmoid(z);
        set(tile.scratch, at + ScanLayout.GRAD_Y * V, open * get(gradOut, row));
        set(tile.scratch, at + ScanLayout.GRAD_DELTA * V, 0);
        set(tile.scratch, at + ScanLayout.GRAD_INPUT * V, 0);
      }
    }
  }

  @Override
  public void retrace(ScanTile tile, int block, int state, int count, int from, int to, int run) {
    MemorySegment scratch = tile.scratch;
    for (int i = 0; i < count; i++) {
      long stateAt = tile.layout.perState(tile.layout.state, block, state + i);
      double rate = get(scratch, tile.layout.perState(tile.layout.rate, block, state + i));
      double h = get(scratch, stateAt);
      for (int t = from; t < to; t++) {
        long at = record(tile, block, t);
        long path = path(tile, i, t, run);
        double decay = Math.exp(LN_2 * rate * get(scratch, at + ScanLayout.DELTA * V));
        set(scratch, path + ScanLayout.DECAYS * V, decay);
        set(scratch, path + ScanLayout.TRAIL * V, h);
        h = next(tile, at, state + i, t, decay, h);
      }
      set(scratch, path(tile, i, to, run) + ScanLayout.TRAIL * V, h);
      set(scratch, stateAt, h);
    }
  }

  private static long path(ScanTile tile, int index, int t, int run) {
    return tile.layout.trail(run) + t * tile.layout.pairBytes + (long) index * V;
  }

  @Override
  public void retreat(ScanTile tile, int block, int state, int index, int from, int to, int run) {
    MemorySegment scratch = tile.scratch;
    ScanLayout layout = tile.layout;
    long carryAt = layout.perState(layout.carry, block, state);
    double rate = get(scratch, layout.perState(layout.rate, block, state));
    double carry = get(scratch, carryAt);
    double gradDecay = 0;
    double after = get(scratch, path(tile, index, to, run) + ScanLayout.TRAIL * V);
    for (int t = to - 1; t >= from; t--) {
      long at = record(tile, block, t);
      long path = path(tile, index, t, run);
      long sums = layout.sums() + t * layout.pairBytes + (long) index * V;
      long w = tile.weights + t * tile.weightStride() + (long) state * V;
      double gradY = get(scratch, at + ScanLayout.GRAD_Y * V);
      double gradH = carry + gradY * get(tile.c, w);
      add(scratch, sums + ScanLayout.SUM_C * V, gradY * after);
      add(scratch, sums + ScanLayout.SUM_B * V, gradH * get(scratch, at + ScanLayout.INPUT * V));
      add(scratch, at + ScanLayout.GRAD_INPUT * V, gradH * get(tile.b, w));
      carry = gradH * get(scratch, path + ScanLayout.DECAYS * V);
      after = get(scratch, path + ScanLayout.TRAIL * V);
      add(scratch, at + ScanLayout.GRAD_DELTA * V, carry * after * rate);
      gradDecay += carry * after * get(scratch, at + ScanLayout.DELTA * V);
    }
    add(scratch, layout.perState(layout.gradDecay, block, state), gradDecay);
    set(scratch, carryAt, carry);
  }

  @Override
  public void sums(
      MemorySegment scratch,
      long at,
      long apart,
      int count,
      MemorySegment out,
      long outAt,
      long outStride) {
    for (int i = 0; i < count; i++) {
      set(out, outAt + i * outStride, get(scratch, at + i * apart));
    }
  }

  @Override
  public void closeBackward(
      ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    for (int i = block; i < block + blocks; i++) {
      for (int t = from; t < to; t++) {
        closeStep(tile, softplus, i, row(tile, block, i, t), raw(tile, block, i, t), t);
      }
    }
  }

  private static void closeStep(
      ScanTile tile, boolean softplus, int block, long row, double raw, int t) {
    MemorySegment scratch = tile.scratch;
    ScanRows rows = tile.rows;
    long at = record(tile, block, t);
    double u = get(rows.u(), row);
    double gradInput = get(scratch, at + ScanLayout.GRAD_INPUT * V);
    double gradY = get(scratch, at + ScanLayout.GRAD_Y * V);
    double gradDelta = gradInput * u + LN_2 * get(scratch, at + ScanLayout.GRAD_DELTA * V);
    gradDelta *= softplus ? sigmoid(raw) : 1;
    add(scratch, tile.layout.gradSkip + (long) block * V, gradY * u);
    add(scratch, tile.layout.gradBias + (long) block * V, gradDelta);
    if (rows.gradU() != null) {
      double skip = get(scratch, tile.layout.skip + (long) block * V);
      double delta = get(scratch, at + ScanLayout.DELTA * V);
      set(rows.gradU(), row, gradInput * delta + gradY * skip);
    }
    if (rows.gradDelta() != null) {
      set(rows.gradDelta(), row, gradDelta);
    }
    if (rows.gate() != null && rows.gradGate() != null && rows.gradOut() != null) {
      double z = get(rows.gate(), row);
      double slope = sigmoid(z) * (1 + z * (1 - sigmoid(z)));
      double y = get(scratch, at + ScanLayout.Y * V);
      set(rows.gradGate(), row, get(rows.gradOut(), row) * y * slope);
    }
  }
}
