package io.colubrid.nn;

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
  private static final float LN_2 = 1 / VectorExpCpu.LOG2_E;

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
      clear(tile, tile.layout.gradDelta + i * tile.layout.column, from, to);
      clear(tile, tile.layout.gradInput + i * tile.layout.column, from, to);
    }
  }

  private static void clear(ScanTile tile, long column, int from, int to) {
    tile.scratch.asSlice(column + from * V, (to - from) * V).fill((byte) 0);
  }

  private static void openPlain(
      ScanTile tile, MemorySegment gradOut, int block, long row, int from, int to) {
    long gradY = tile.layout.gradY + block * tile.layout.column;
    for (int t = from; t < to; t++) {
      store(load(gradOut, row + t * tile.rowStride), tile.scratch, gradY + t * V);
    }
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
    long gradY = tile.layout.gradY + block * tile.layout.column;
    long stride = tile.rowStride;
    for (int t = from; t < to; t++) {
      FloatVector z = load(gate, row + t * stride);
      FloatVector open = z.mul(VectorExpCpu.sigmoid(z));
      store(open.mul(load(gradOut, row + t * stride)), scratch, gradY + t * V);
    }
  }

  static void retrace(
      ScanTile tile, int block, int state, int count, int from, int to, long trail) {
    long states = tile.layout.perState(tile.layout.state, block, state);
    long weights = tile.weights + 4L * state;
    if (count == 2) {
      retraceTwo(tile, block * tile.layout.column, states, weights, from, to, trail);
    } else {
      retraceOne(tile, block * tile.layout.column, states, weights, from, to, trail);
    }
  }

  private static void retraceTwo(
      ScanTile tile, long column, long state, long weights, int from, int to, long trail) {
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long stride = tile.weightStride();
    long y = tile.layout.y + column;
    long input = tile.layout.input + column;
    long decay0 = tile.layout.decay;
    long decay1 = tile.layout.decay + tile.layout.column;
    FloatVector h0 = load(scratch, state);
    FloatVector h1 = load(scratch, state + V);
    for (int t = from; t < to; t++) {
      long at = t * V;
      long w = weights + t * stride;
      store(h0, scratch, trail + 2 * at);
      store(h1, scratch, trail + 2 * at + V);
      FloatVector x = load(scratch, input + at);
      h0 = load(scratch, decay0 + at).fma(h0, x.mul(broadcast(b, w)));
      h1 = load(scratch, decay1 + at).fma(h1, x.mul(broadcast(b, w + 4)));
      FloatVector sum = h0.fma(broadcast(c, w), load(scratch, y + at));
      store(h1.fma(broadcast(c, w + 4), sum), scratch, y + at);
    }
    store(h0, scratch, trail + 2L * to * V);
    store(h1, scratch, trail + 2L * to * V + V);
    store(h0, scratch, state);
    store(h1, scratch, state + V);
  }

  private static void retraceOne(
      ScanTile tile, long column, long state, long weights, int from, int to, long trail) {
    MemorySegment scratch = tile.scratch;
    long stride = tile.weightStride();
    long y = tile.layout.y + column;
    FloatVector h = load(scratch, state);
    for (int t = from; t < to; t++) {
      long at = t * V;
      long w = weights + t * stride;
      store(h, scratch, trail + 2 * at);
      FloatVector x = load(scratch, tile.layout.input + column + at).mul(broadcast(tile.b, w));
      h = load(scratch, tile.layout.decay + at).fma(h, x);
      store(h.fma(broadcast(tile.c, w), load(scratch, y + at)), scratch, y + at);
    }
    store(h, scratch, trail + 2L * to * V);
    store(h, scratch, state);
  }

  static void retreat(
      ScanTile tile, int block, int state, int index, int from, int to, long trail) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long stride = tile.weightStride();
    long weights = tile.weights + 4L * state;
    long column = block * layout.column;
    long pair = index * layout.column;
    long path = trail + index * V;
    long gradDecayAt = layout.perState(layout.gradDecay, block, state);
    long carryAt = layout.perState(layout.carry, block, state);
    FloatVector rate = load(scratch, layout.perState(layout.rate, block, state));
    FloatVector gradDecay = load(scratch, gradDecayAt);
    FloatVector carry = load(scratch, carryAt);
    FloatVector after = load(scratch, path + 2L * to * V);
    for (int t = to - 1; t >= from; t--) {
      long at = t * V;
      long w = weights + t * stride;
      FloatVector gradY = load(scratch, layout.gradY + column + at);
      FloatVector gradH = gradY.fma(broadcast(c, w), carry);
      accumulate(scratch, layout.sumC + pair + at, gradY, after);
      accumulate(
          scratch, layout.sumB + pair + at, gradH, load(scratch, layout.input + column + at));
      accumulate(scratch, layout.gradInput + column + at, gradH, broadcast(b, w));
      carry = gradH.mul(load(scratch, layout.decay + pair + at));
      after = load(scratch, path + 2 * at);
      FloatVector gradExponent = carry.mul(after);
      accumulate(scratch, layout.gradDelta + column + at, gradExponent, rate);
      gradDecay = gradExponent.fma(load(scratch, layout.delta + column + at), gradDecay);
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
        throughSoftplus(tile, i, row, from, to);
      }
      closeDelta(tile, rows.gradDelta(), i, row, from, to);
      if (rows.gate() != null && rows.gradGate() != null) {
        closeGate(tile, rows.gate(), rows.gradGate(), i, row, from, to);
      }
    }
  }

  /** Writes the gradient of u, and completes that of Δ. */
  private static void closeInput(
      ScanTile tile, @Nullable MemorySegment gradU, int block, long row, int from, int to) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    long column = block * layout.column;
    FloatVector skip = load(scratch, layout.skip + block * V);
    FloatVector gradSkip = load(scratch, layout.gradSkip + block * V);
    for (int t = from; t < to; t++) {
      long at = column + t * V;
      FloatVector u = load(tile.rows.u(), row + t * tile.rowStride);
      FloatVector gradInput = load(scratch, layout.gradInput + at);
      FloatVector gradY = load(scratch, layout.gradY + at);
      FloatVector fromDecays = load(scratch, layout.gradDelta + at).mul(LN_2);
      store(gradInput.fma(u, fromDecays), scratch, layout.gradDelta + at);
      gradSkip = gradY.fma(u, gradSkip);
      if (gradU != null) {
        FloatVector fromInput = gradInput.mul(load(scratch, layout.delta + at));
        store(gradY.fma(skip, fromInput), gradU, row + t * tile.rowStride);
      }
    }
    store(gradSkip, scratch, layout.gradSkip + block * V);
  }

  private static void throughSoftplus(ScanTile tile, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long gradDelta = tile.layout.gradDelta + block * tile.layout.column;
    FloatVector bias = load(scratch, tile.layout.bias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector raw = load(tile.rows.delta(), row + t * tile.rowStride).add(bias);
      FloatVector gradient = load(scratch, gradDelta + t * V).mul(VectorExpCpu.sigmoid(raw));
      store(gradient, scratch, gradDelta + t * V);
    }
  }

  private static void closeDelta(
      ScanTile tile, @Nullable MemorySegment gradRow, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long gradDelta = tile.layout.gradDelta + block * tile.layout.column;
    FloatVector sum = load(scratch, tile.layout.gradBias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector gradient = load(scratch, gradDelta + t * V);
      sum = sum.add(gradient);
      if (gradRow != null) {
        store(gradient, gradRow, row + t * tile.rowStride);
      }
    }
    store(sum, scratch, tile.layout.gradBias + block * V);
  }

  /** The gradient of the gate: gradOut·y·SiLU'(z). */
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
    long y = tile.layout.y + block * tile.layout.column;
    for (int t = from; t < to; t++) {
      long at = row + t * tile.rowStride;
      FloatVector z = load(gate, at);
      FloatVector arriving = load(gradOut, at).mul(load(scratch, y + t * V));
      store(arriving.mul(VectorExpCpu.siluSlope(z)), gradGate, at);
    }
  }
}
