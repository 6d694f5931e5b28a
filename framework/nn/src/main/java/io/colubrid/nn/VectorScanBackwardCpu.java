package io.colubrid.nn;

import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorScanCpu.broadcast;
import static io.colubrid.nn.VectorScanCpu.load;
import static io.colubrid.nn.VectorScanCpu.store;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/** The backward loops of a scan on vectors. */
final class VectorScanBackwardCpu {
  private static final long V = 4L * LANES;
  private static final long DELTA = ScanLayout.DELTA * V;
  private static final long INPUT = ScanLayout.INPUT * V;
  private static final long Y = ScanLayout.Y * V;
  private static final long GRAD_Y = ScanLayout.GRAD_Y * V;
  private static final long GRAD_DELTA = ScanLayout.GRAD_DELTA * V;
  private static final long GRAD_INPUT = ScanLayout.GRAD_INPUT * V;
  private static final long DECAYS = ScanLayout.DECAYS * V;
  private static final long TRAIL = ScanLayout.TRAIL * V;
  private static final long SUM_B = ScanLayout.SUM_B * V;
  private static final long SUM_C = ScanLayout.SUM_C * V;
  private static final float LN_2 = 1 / VectorExpCpu.LOG2_E;
  private static final FloatVector ZERO = FloatVector.zero(FLOATS);

  private VectorScanBackwardCpu() {}

  static void open(ScanTile tile, int block, int blocks, int from, int to) {
    MemorySegment gradOut = Objects.requireNonNull(tile.rows.gradOut());
    MemorySegment gate = tile.rows.gate();
    for (int i = block; i < block + blocks; i++) {
      long row = tile.row + (i - block) * V;
      if (gate == null) {
        openPlain(tile, gradOut, i, row, from, to);
      } else {
        openGated(tile, gradOut, gate, i, row, from, to);
      }
    }
  }

  private static void openPlain(
      ScanTile tile, MemorySegment gradOut, int block, long row, int from, int to) {
    long record = tile.layout.steps(block);
    for (int t = from; t < to; t++) {
      put(
          tile.scratch,
          record + t * tile.layout.stepBytes,
          load(gradOut, row + t * tile.rowStride));
    }
  }

  private static void put(MemorySegment scratch, long at, FloatVector gradY) {
    store(gradY, scratch, at + GRAD_Y);
    store(ZERO, scratch, at + GRAD_DELTA);
    store(ZERO, scratch, at + GRAD_INPUT);
  }

  private static void openGated(
      ScanTile tile,
      MemorySegment gradOut,
      MemorySegment gate,
      int block,
      long row,
      int from,
      int to) {
    MemorySegment scratch = tile.scratch;
    long record = tile.layout.steps(block);
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    for (int t = from; t < to; t++) {
      long at = row + t * stride;
      FloatVector z = load(gate, at);
      FloatVector gradY = z.mul(VectorExpCpu.sigmoid(z)).mul(load(gradOut, at));
      put(scratch, record + t * apart, gradY);
    }
  }

  static void retrace(ScanTile tile, int block, int state, int count, int from, int to, int run) {
    ScanLayout layout = tile.layout;
    long trail = layout.trail(run);
    long states = layout.perState(layout.state, block, state);
    // Of a last single state, the second decays are nothing that is read.
    decays(tile, block, layout.perState(layout.rate, block, state), trail, from, to);
    if (count == 2) {
      retraceTwo(tile, layout.steps(block), states, tile.weights + 4L * state, from, to, trail);
    } else {
      retraceOne(tile, layout.steps(block), states, tile.weights + 4L * state, from, to, trail);
    }
  }

  private static void decays(ScanTile tile, int block, long rates, long trail, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long record = tile.layout.steps(block) + DELTA;
    long apart = tile.layout.stepBytes;
    long pairApart = tile.layout.pairBytes;
    FloatVector rate0 = load(scratch, rates);
    FloatVector rate1 = load(scratch, rates + V);
    for (int t = from; t < to; t++) {
      FloatVector step = load(scratch, record + t * apart);
      long at = trail + t * pairApart + DECAYS;
      store(VectorExpCpu.exp2(step, rate0), scratch, at);
      store(VectorExpCpu.exp2(step, rate1), scratch, at + V);
    }
  }

  private static void retraceTwo(
      ScanTile tile, long record, long state, long weights, int from, int to, long trail) {
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long apart = tile.layout.stepBytes;
    long pairApart = tile.layout.pairBytes;
    long stride = tile.weightStride();
    FloatVector h0 = load(scratch, state);
    FloatVector h1 = load(scratch, state + V);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      long path = trail + t * pairApart;
      long w = weights + t * stride;
      store(h0, scratch, path + TRAIL);
      store(h1, scratch, path + TRAIL + V);
      FloatVector x = load(scratch, at + INPUT);
      h0 = load(scratch, path + DECAYS).fma(h0, x.mul(broadcast(b, w)));
      h1 = load(scratch, path + DECAYS + V).fma(h1, x.mul(broadcast(b, w + 4)));
      FloatVector sum = h0.fma(broadcast(c, w), load(scratch, at + Y));
      store(h1.fma(broadcast(c, w + 4), sum), scratch, at + Y);
    }
    store(h0, scratch, trail + to * pairApart + TRAIL);
    store(h1, scratch, trail + to * pairApart + TRAIL + V);
    store(h0, scratch, state);
    store(h1, scratch, state + V);
  }

  private static void retraceOne(
      ScanTile tile, long record, long state, long weights, int from, int to, long trail) {
    MemorySegment scratch = tile.scratch;
    ScanLayout layout = tile.layout;
    FloatVector h = load(scratch, state);
    for (int t = from; t < to; t++) {
      long at = record + t * layout.stepBytes;
      long path = trail + t * layout.pairBytes;
      long w = weights + t * tile.weightStride();
      store(h, scratch, path + TRAIL);
      FloatVector x = load(scratch, at + INPUT).mul(broadcast(tile.b, w));
      h = load(scratch, path + DECAYS).fma(h, x);
      store(h.fma(broadcast(tile.c, w), load(scratch, at + Y)), scratch, at + Y);
    }
    store(h, scratch, trail + to * layout.pairBytes + TRAIL);
    store(h, scratch, state);
  }

  static void retreat(ScanTile tile, int block, int state, int index, int from, int to, int run) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long record = layout.steps(block);
    long apart = layout.stepBytes;
    long trail = layout.trail(run) + index * V;
    long sums = layout.sums() + index * V;
    long pairApart = layout.pairBytes;
    long weights = tile.weights + 4L * state;
    long stride = tile.weightStride();
    long gradDecayAt = layout.perState(layout.gradDecay, block, state);
    long carryAt = layout.perState(layout.carry, block, state);
    FloatVector rate = load(scratch, layout.perState(layout.rate, block, state));
    FloatVector gradDecay = load(scratch, gradDecayAt);
    FloatVector carry = load(scratch, carryAt);
    FloatVector after = load(scratch, trail + to * pairApart + TRAIL);
    for (int t = to - 1; t >= from; t--) {
      long at = record + t * apart;
      long pair = t * pairApart;
      long w = weights + t * stride;
      FloatVector gradY = load(scratch, at + GRAD_Y);
      FloatVector gradH = gradY.fma(broadcast(c, w), carry);
      accumulate(scratch, sums + pair + SUM_C, gradY, after);
      accumulate(scratch, sums + pair + SUM_B, gradH, load(scratch, at + INPUT));
      accumulate(scratch, at + GRAD_INPUT, gradH, broadcast(b, w));
      carry = gradH.mul(load(scratch, trail + pair + DECAYS));
      after = load(scratch, trail + pair + TRAIL);
      FloatVector gradExponent = carry.mul(after);
      accumulate(scratch, at + GRAD_DELTA, gradExponent, rate);
      gradDecay = gradExponent.fma(load(scratch, at + DELTA), gradDecay);
    }
    store(gradDecay, scratch, gradDecayAt);
    store(carry, scratch, carryAt);
  }

  private static void accumulate(MemorySegment scratch, long at, FloatVector a, FloatVector b) {
    store(a.fma(b, load(scratch, at)), scratch, at);
  }

  static void close(ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    ScanRows rows = tile.rows;
    for (int i = block; i < block + blocks; i++) {
      long row = tile.row + (i - block) * V;
      closeInput(tile, rows.gradU(), i, row, from, to);
      if (softplus) {
        closeSoftplus(tile, rows.gradDelta(), i, row, from, to);
      } else {
        closeDelta(tile, rows.gradDelta(), i, row, from, to);
      }
      if (rows.gate() != null && rows.gradGate() != null) {
        closeGate(tile, rows.gate(), rows.gradGate(), i, row, from, to);
      }
    }
  }

  /** Writes the gradient of u, and completes that of Δ. */
  private static void closeInput(
      ScanTile tile, @Nullable MemorySegment gradU, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment input = tile.rows.u();
    long record = tile.layout.steps(block);
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    FloatVector skip = load(scratch, tile.layout.skip + block * V);
    FloatVector gradSkip = load(scratch, tile.layout.gradSkip + block * V);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      FloatVector u = load(input, row + t * stride);
      FloatVector gradInput = load(scratch, at + GRAD_INPUT);
      FloatVector gradY = load(scratch, at + GRAD_Y);
      FloatVector fromDecays = load(scratch, at + GRAD_DELTA).mul(LN_2);
      store(gradInput.fma(u, fromDecays), scratch, at + GRAD_DELTA);
      gradSkip = gradY.fma(u, gradSkip);
      if (gradU != null) {
        FloatVector fromInput = gradInput.mul(load(scratch, at + DELTA));
        store(gradY.fma(skip, fromInput), gradU, row + t * stride);
      }
    }
    store(gradSkip, scratch, tile.layout.gradSkip + block * V);
  }

  private static void closeSoftplus(
      ScanTile tile, @Nullable MemorySegment gradRow, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment given = tile.rows.delta();
    long record = tile.layout.steps(block) + GRAD_DELTA;
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    FloatVector bias = load(scratch, tile.layout.bias + block * V);
    FloatVector sum = load(scratch, tile.layout.gradBias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector raw = load(given, row + t * stride).add(bias);
      FloatVector gradient = load(scratch, record + t * apart).mul(VectorExpCpu.sigmoid(raw));
      sum = sum.add(gradient);
      if (gradRow != null) {
        store(gradient, gradRow, row + t * stride);
      }
    }
    store(sum, scratch, tile.layout.gradBias + block * V);
  }

  private static void closeDelta(
      ScanTile tile, @Nullable MemorySegment gradRow, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long record = tile.layout.steps(block) + GRAD_DELTA;
    FloatVector sum = load(scratch, tile.layout.gradBias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector gradient = load(scratch, record + t * tile.layout.stepBytes);
      sum = sum.add(gradient);
      if (gradRow != null) {
        store(gradient, gradRow, row + t * tile.rowStride);
      }
    }
    store(sum, scratch, tile.layout.gradBias + block * V);
  }

  /** gradOut·y·SiLU'(gate). */
  private static void closeGate(
      ScanTile tile,
      MemorySegment gate,
      MemorySegment gradGate,
      int block,
      long row,
      int from,
      int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment gradOut = Objects.requireNonNull(tile.rows.gradOut());
    long y = tile.layout.steps(block) + Y;
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    for (int t = from; t < to; t++) {
      long at = row + t * stride;
      FloatVector arriving = load(gradOut, at).mul(load(scratch, y + t * apart));
      store(arriving.mul(VectorExpCpu.siluSlope(load(gate, at))), gradGate, at);
    }
  }
}
