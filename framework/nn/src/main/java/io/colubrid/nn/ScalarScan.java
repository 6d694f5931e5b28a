package io.colubrid.nn;

import static io.colubrid.nn.Addresses.NONE;
import static io.colubrid.nn.Addresses.add;
import static io.colubrid.nn.Addresses.get;
import static io.colubrid.nn.Addresses.set;

/** The loops of a scan one channel at a time, for a JVM without the vector module. */
final class ScalarScan implements ScanKernels {
  private static final int V = 4;
  private static final double LN_2 = Math.log(2);

  @Override
  public int lanes() {
    return 1;
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Override
  public void rates(long at, int vectors) {
    for (int i = 0; i < vectors; i++) {
      long here = at + (long) i * V;
      set(here, -Math.exp(get(here)) / LN_2);
    }
  }

  private static long record(ScanTile tile, int block, int t) {
    return tile.record(block) + t * tile.layout.stepBytes;
  }

  private static long row(ScanTile tile, int block, int t) {
    return tile.rowOf(block) + t * tile.rowStride;
  }

  private static double raw(ScanTile tile, int block, int t) {
    double bias = get(tile.perBlock(tile.layout.bias, block));
    return get(tile.rows.delta() + row(tile, block, t)) + bias;
  }

  @Override
  public void open(ScanTile tile, boolean softplus, int block, int from, int to) {
    double skip = get(tile.perBlock(tile.layout.skip, block));
    for (int t = from; t < to; t++) {
      double raw = raw(tile, block, t);
      double delta = softplus ? Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw))) : raw;
      double u = get(tile.rows.u() + row(tile, block, t));
      long at = record(tile, block, t);
      set(at + ScanLayout.DELTA * V, delta);
      set(at + ScanLayout.INPUT * V, delta * u);
      set(at + ScanLayout.Y * V, skip * u);
    }
  }

  @Override
  public void advance(ScanTile tile, int block, int state, int from, int to) {
    long stateAt = tile.perState(tile.layout.state, block, state);
    double rate = get(tile.perState(tile.layout.rate, block, state));
    double h = get(stateAt);
    for (int t = from; t < to; t++) {
      long at = record(tile, block, t);
      h = next(tile, at, state, t, decay(at, rate), h);
    }
    set(stateAt, h);
  }

  private static double decay(long record, double rate) {
    return Math.exp(LN_2 * rate * get(record + ScanLayout.DELTA * V));
  }

  private static double next(
      ScanTile tile, long at, int state, int t, double decay, double before) {
    long w = t * tile.weightStride() + (long) state * V;
    double h = decay * before + get(at + ScanLayout.INPUT * V) * get(tile.b + w);
    add(at + ScanLayout.Y * V, h * get(tile.c + w));
    return h;
  }

  @Override
  public void close(ScanTile tile, int block, int from, int to) {
    for (int t = from; t < to; t++) {
      double y = get(record(tile, block, t) + ScanLayout.Y * V);
      set(tile.rows.out() + row(tile, block, t), y * gate(tile, block, t));
    }
  }

  /** SiLU of the gate, or 1 where there is none. */
  private static double gate(ScanTile tile, int block, int t) {
    if (tile.rows.gate() == NONE) {
      return 1;
    }
    double z = get(tile.rows.gate() + row(tile, block, t));
    return z * sigmoid(z);
  }

  @Override
  public void step(ScanTile tile, int channels, long state, int from, int to) {
    int states = tile.layout.states;
    for (int i = 0; i < channels * states; i++) {
      double rate = get(tile.scratch + tile.layout.rate + (long) i * V);
      double h = get(state + (long) i * V);
      for (int t = from; t < to; t++) {
        long at = record(tile, i / states, t);
        h = next(tile, at, i % states, t, decay(at, rate), h);
      }
      set(state + (long) i * V, h);
    }
  }

  @Override
  public void openBackward(ScanTile tile, int block, int from, int to) {
    for (int t = from; t < to; t++) {
      double arriving = get(tile.rows.gradOut() + row(tile, block, t));
      long at = record(tile, block, t);
      set(at + ScanLayout.GRAD_Y * V, arriving * gate(tile, block, t));
      set(at + ScanLayout.GRAD_DELTA * V, 0);
      set(at + ScanLayout.GRAD_INPUT * V, 0);
    }
  }

  @Override
  public void retrace(ScanTile tile, int block, int state, int count, int from, int to) {
    for (int n = state; n < state + count; n++) {
      long stateAt = tile.perState(tile.layout.state, block, n);
      double rate = get(tile.perState(tile.layout.rate, block, n));
      double h = get(stateAt);
      for (int t = from; t < to; t++) {
        long at = record(tile, block, t);
        long path = tile.trail(n) + t * tile.layout.pairBytes;
        double decay = decay(at, rate);
        set(path + ScanLayout.DECAYS * V, decay);
        set(path + ScanLayout.TRAIL * V, h);
        h = next(tile, at, n, t, decay, h);
      }
      set(tile.trail(n) + to * tile.layout.pairBytes + ScanLayout.TRAIL * V, h);
      set(stateAt, h);
    }
  }

  @Override
  public void retreat(ScanTile tile, int block, int state, int count, int from, int to) {
    for (int n = state; n < state + count; n++) {
      goBack(tile, block, n, from, to);
    }
  }

  private static void goBack(ScanTile tile, int block, int state, int from, int to) {
    ScanLayout layout = tile.layout;
    long carryAt = tile.perState(layout.carry, block, state);
    double rate = get(tile.perState(layout.rate, block, state));
    double carry = get(carryAt);
    double gradDecay = 0;
    double after = get(tile.trail(state) + to * layout.pairBytes + ScanLayout.TRAIL * V);
    for (int t = to - 1; t >= from; t--) {
      long at = record(tile, block, t);
      long path = tile.trail(state) + t * layout.pairBytes;
      long sums = tile.sums(state) + t * layout.pairBytes;
      long w = t * tile.weightStride() + (long) state * V;
      double gradY = get(at + ScanLayout.GRAD_Y * V);
      double gradH = carry + gradY * get(tile.c + w);
      add(sums + ScanLayout.SUM_C * V, gradY * after);
      add(sums + ScanLayout.SUM_B * V, gradH * get(at + ScanLayout.INPUT * V));
      add(at + ScanLayout.GRAD_INPUT * V, gradH * get(tile.b + w));
      carry = gradH * get(path + ScanLayout.DECAYS * V);
      after = get(path + ScanLayout.TRAIL * V);
      add(at + ScanLayout.GRAD_DELTA * V, carry * after * rate);
      gradDecay += carry * after * get(at + ScanLayout.DELTA * V);
    }
    add(tile.perState(layout.gradDecay, block, state), gradDecay);
    set(carryAt, carry);
  }

  @Override
  public void sums(long at, long apart, int count, long out, long outStride) {
    for (int i = 0; i < count; i++) {
      set(out + i * outStride, get(at + i * apart));
    }
  }

  @Override
  public void closeBackward(ScanTile tile, boolean softplus, int block, int from, int to) {
    ScanRows rows = tile.rows;
    for (int t = from; t < to; t++) {
      long row = row(tile, block, t);
      long at = record(tile, block, t);
      double u = get(rows.u() + row);
      double gradInput = get(at + ScanLayout.GRAD_INPUT * V);
      double gradY = get(at + ScanLayout.GRAD_Y * V);
      double gradDelta = gradInput * u + LN_2 * get(at + ScanLayout.GRAD_DELTA * V);
      gradDelta *= softplus ? sigmoid(raw(tile, block, t)) : 1;
      add(tile.perBlock(tile.layout.gradSkip, block), gradY * u);
      add(tile.perBlock(tile.layout.gradBias, block), gradDelta);
      double skip = get(tile.perBlock(tile.layout.skip, block));
      put(rows.gradU(), row, gradInput * get(at + ScanLayout.DELTA * V) + gradY * skip);
      put(rows.gradDelta(), row, gradDelta);
      if (rows.gradGate() != NONE) {
        double z = get(rows.gate() + row);
        double slope = sigmoid(z) * (1 + z * (1 - sigmoid(z)));
        double y = get(at + ScanLayout.Y * V);
        put(rows.gradGate(), row, get(rows.gradOut() + row) * y * slope);
      }
    }
  }

  private static void put(long to, long row, double value) {
    if (to != NONE) {
      set(to + row, value);
    }
  }
}
