package io.colubrid.nn;

import static io.colubrid.nn.Addresses.ALL;
import static io.colubrid.nn.Addresses.NONE;
import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorExpCpu.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;

/** The backward loops of a scan on vectors, as those of {@link VectorScanCpu}. */
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

  private static MethodHandle openGated = loop("openGated");
  private static MethodHandle decays = loop("decays");
  private static MethodHandle retraceTwo = loop("retraceTwo");
  private static MethodHandle retraceOne = loop("retraceOne");
  private static MethodHandle goBackTwo = loop("goBackTwo");
  private static MethodHandle goBackOne = loop("goBackOne");
  private static MethodHandle closeInput = loop("closeInput");
  private static MethodHandle closeSoftplus = loop("closeSoftplus");
  private static MethodHandle closeGate = loop("closeGate");

  private VectorScanBackwardCpu() {}

  private static MethodHandle loop(String name) {
    return AloneCpu.loop(
        MethodHandles.lookup(), name, ScanTile.class, int.class, int.class, int.class, int.class);
  }

  static void open(ScanTile tile, int block, int from, int to) {
    if (tile.rows.gate() == NONE) {
      openPlain(tile, block, from, to);
    } else {
      VectorScanCpu.run(openGated, tile, block, 0, from, to);
    }
  }

  private static void openPlain(ScanTile tile, int block, int from, int to) {
    long gradOut = tile.rows.gradOut() + tile.rowOf(block);
    long record = tile.record(block);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int t = from; t < to; t++) {
      long at = record + t * tile.layout.stepBytes;
      FloatVector.fromMemorySegment(FLOATS, ALL, gradOut + t * tile.rowStride, ORDER)
          .intoMemorySegment(ALL, at + GRAD_Y, ORDER);
      zero.intoMemorySegment(ALL, at + GRAD_DELTA, ORDER);
      zero.intoMemorySegment(ALL, at + GRAD_INPUT, ORDER);
    }
  }

  static void openGated(ScanTile tile, int block, int unused, int from, int to) {
    long gradOut = tile.rows.gradOut() + tile.rowOf(block);
    long gate = tile.rows.gate() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int t = from; t < to; t++) {
      FloatVector z = FloatVector.fromMemorySegment(FLOATS, ALL, gate + t * stride, ORDER);
      FloatVector open = z.mul(VectorExpCpu.sigmoid(z));
      FloatVector arriving =
          FloatVector.fromMemorySegment(FLOATS, ALL, gradOut + t * stride, ORDER);
      long at = record + t * apart;
      arriving.mul(open).intoMemorySegment(ALL, at + GRAD_Y, ORDER);
      zero.intoMemorySegment(ALL, at + GRAD_DELTA, ORDER);
      zero.intoMemorySegment(ALL, at + GRAD_INPUT, ORDER);
    }
  }

  static void retrace(ScanTile tile, int block, int state, int count, int from, int to) {
    // Of a last single state, the second decays are nothing that is read.
    VectorScanCpu.run(decays, tile, block, state, from, to);
    VectorScanCpu.run(count == 2 ? retraceTwo : retraceOne, tile, block, state, from, to);
  }

  static void decays(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block) + DELTA;
    long apart = tile.layout.stepBytes;
    long trail = tile.trail(state) + DECAYS;
    long trailApart = tile.layout.pairBytes;
    long rates = tile.perState(tile.layout.rate, block, state);
    FloatVector rate0 = FloatVector.fromMemorySegment(FLOATS, ALL, rates, ORDER);
    FloatVector rate1 = FloatVector.fromMemorySegment(FLOATS, ALL, rates + V, ORDER);
    for (int t = from; t < to; t++) {
      FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, record + t * apart, ORDER);
      FloatVector decay0 = VectorExpCpu.exp2(delta, rate0);
      FloatVector decay1 = VectorExpCpu.exp2(delta, rate1);
      long at = trail + t * trailApart;
      decay0.intoMemorySegment(ALL, at, ORDER);
      decay1.intoMemorySegment(ALL, at + V, ORDER);
    }
  }

  static void retraceTwo(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    long trail = tile.trail(state);
    long trailApart = tile.layout.pairBytes;
    long b = tile.b + 4L * state;
    long c = tile.c + 4L * state;
    long stride = tile.weightStride();
    long stateAt = tile.perState(tile.layout.state, block, state);
    FloatVector h0 = FloatVector.fromMemorySegment(FLOATS, ALL, stateAt, ORDER);
    FloatVector h1 = FloatVector.fromMemorySegment(FLOATS, ALL, stateAt + V, ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      long path = trail + t * trailApart;
      long w = t * stride;
      h0.intoMemorySegment(ALL, path + TRAIL, ORDER);
      h1.intoMemorySegment(ALL, path + TRAIL + V, ORDER);
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, at + INPUT, ORDER);
      FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS, ORDER);
      FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS + V, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, at + Y, ORDER);
      h0 = a0.fma(h0, x.mul(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w))));
      h1 = a1.fma(h1, x.mul(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w + 4))));
      y = h0.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w)), y);
      y = h1.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w + 4)), y);
      y.intoMemorySegment(ALL, at + Y, ORDER);
    }
    long end = trail + to * trailApart + TRAIL;
    h0.intoMemorySegment(ALL, end, ORDER);
    h1.intoMemorySegment(ALL, end + V, ORDER);
    h0.intoMemorySegment(ALL, stateAt, ORDER);
    h1.intoMemorySegment(ALL, stateAt + V, ORDER);
  }

  static void retraceOne(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block);
    long trail = tile.trail(state);
    long trailApart = tile.layout.pairBytes;
    long b = tile.b + 4L * state;
    long c = tile.c + 4L * state;
    long stateAt = tile.perState(tile.layout.state, block, state);
    FloatVector h = FloatVector.fromMemorySegment(FLOATS, ALL, stateAt, ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * tile.layout.stepBytes;
      long path = trail + t * trailApart;
      long w = t * tile.weightStride();
      h.intoMemorySegment(ALL, path + TRAIL, ORDER);
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, at + INPUT, ORDER);
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, at + Y, ORDER);
      h = a.fma(h, x.mul(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w))));
      y = h.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w)), y);
      y.intoMemorySegment(ALL, at + Y, ORDER);
    }
    h.intoMemorySegment(ALL, trail + to * trailApart + TRAIL, ORDER);
    h.intoMemorySegment(ALL, stateAt, ORDER);
  }

  static void retreat(ScanTile tile, int block, int state, int count, int from, int to) {
    VectorScanCpu.run(count == 2 ? goBackTwo : goBackOne, tile, block, state, from, to);
  }

  static void goBackTwo(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    long trail = tile.trail(state);
    long sums = tile.sums(state);
    long pairApart = tile.layout.pairBytes;
    long b = tile.b + 4L * state;
    long c = tile.c + 4L * state;
    long stride = tile.weightStride();
    long gradDecayAt = tile.perState(tile.layout.gradDecay, block, state);
    long carryAt = tile.perState(tile.layout.carry, block, state);
    long rateAt = tile.perState(tile.layout.rate, block, state);
    long end = trail + to * pairApart + TRAIL;
    FloatVector rate0 = FloatVector.fromMemorySegment(FLOATS, ALL, rateAt, ORDER);
    FloatVector rate1 = FloatVector.fromMemorySegment(FLOATS, ALL, rateAt + V, ORDER);
    FloatVector gradDecay0 = FloatVector.fromMemorySegment(FLOATS, ALL, gradDecayAt, ORDER);
    FloatVector gradDecay1 = FloatVector.fromMemorySegment(FLOATS, ALL, gradDecayAt + V, ORDER);
    FloatVector carry0 = FloatVector.fromMemorySegment(FLOATS, ALL, carryAt, ORDER);
    FloatVector carry1 = FloatVector.fromMemorySegment(FLOATS, ALL, carryAt + V, ORDER);
    FloatVector after0 = FloatVector.fromMemorySegment(FLOATS, ALL, end, ORDER);
    FloatVector after1 = FloatVector.fromMemorySegment(FLOATS, ALL, end + V, ORDER);
    for (int t = to - 1; t >= from; t--) {
      long at = record + t * apart;
      long path = trail + t * pairApart;
      long sum = sums + t * pairApart;
      long w = t * stride;
      FloatVector gradY = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_Y, ORDER);
      FloatVector gradH0 =
          gradY.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w)), carry0);
      FloatVector gradH1 =
          gradY.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w + 4)), carry1);
      FloatVector sumC0 = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_C, ORDER);
      FloatVector sumC1 = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_C + V, ORDER);
      gradY.fma(after0, sumC0).intoMemorySegment(ALL, sum + SUM_C, ORDER);
      gradY.fma(after1, sumC1).intoMemorySegment(ALL, sum + SUM_C + V, ORDER);
      FloatVector input = FloatVector.fromMemorySegment(FLOATS, ALL, at + INPUT, ORDER);
      FloatVector sumB0 = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_B, ORDER);
      FloatVector sumB1 = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_B + V, ORDER);
      gradH0.fma(input, sumB0).intoMemorySegment(ALL, sum + SUM_B, ORDER);
      gradH1.fma(input, sumB1).intoMemorySegment(ALL, sum + SUM_B + V, ORDER);
      FloatVector gradInput = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_INPUT, ORDER);
      gradInput = gradH0.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w)), gradInput);
      gradH1
          .fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w + 4)), gradInput)
          .intoMemorySegment(ALL, at + GRAD_INPUT, ORDER);
      carry0 = gradH0.mul(FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS, ORDER));
      carry1 = gradH1.mul(FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS + V, ORDER));
      after0 = FloatVector.fromMemorySegment(FLOATS, ALL, path + TRAIL, ORDER);
      after1 = FloatVector.fromMemorySegment(FLOATS, ALL, path + TRAIL + V, ORDER);
      FloatVector exponent0 = carry0.mul(after0);
      FloatVector exponent1 = carry1.mul(after1);
      FloatVector gradDelta = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_DELTA, ORDER);
      gradDelta = exponent0.fma(rate0, gradDelta);
      exponent1.fma(rate1, gradDelta).intoMemorySegment(ALL, at + GRAD_DELTA, ORDER);
      FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, at + DELTA, ORDER);
      gradDecay0 = exponent0.fma(delta, gradDecay0);
      gradDecay1 = exponent1.fma(delta, gradDecay1);
    }
    gradDecay0.intoMemorySegment(ALL, gradDecayAt, ORDER);
    gradDecay1.intoMemorySegment(ALL, gradDecayAt + V, ORDER);
    carry0.intoMemorySegment(ALL, carryAt, ORDER);
    carry1.intoMemorySegment(ALL, carryAt + V, ORDER);
  }

  static void goBackOne(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    long trail = tile.trail(state);
    long sums = tile.sums(state);
    long pairApart = tile.layout.pairBytes;
    long b = tile.b + 4L * state;
    long c = tile.c + 4L * state;
    long stride = tile.weightStride();
    long gradDecayAt = tile.perState(tile.layout.gradDecay, block, state);
    long carryAt = tile.perState(tile.layout.carry, block, state);
    long rateAt = tile.perState(tile.layout.rate, block, state);
    FloatVector rate = FloatVector.fromMemorySegment(FLOATS, ALL, rateAt, ORDER);
    FloatVector gradDecay = FloatVector.fromMemorySegment(FLOATS, ALL, gradDecayAt, ORDER);
    FloatVector carry = FloatVector.fromMemorySegment(FLOATS, ALL, carryAt, ORDER);
    FloatVector after =
        FloatVector.fromMemorySegment(FLOATS, ALL, trail + to * pairApart + TRAIL, ORDER);
    for (int t = to - 1; t >= from; t--) {
      long at = record + t * apart;
      long path = trail + t * pairApart;
      long sum = sums + t * pairApart;
      long w = t * stride;
      FloatVector gradY = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_Y, ORDER);
      FloatVector gradH =
          gradY.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w)), carry);
      FloatVector sumC = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_C, ORDER);
      gradY.fma(after, sumC).intoMemorySegment(ALL, sum + SUM_C, ORDER);
      FloatVector sumB = FloatVector.fromMemorySegment(FLOATS, ALL, sum + SUM_B, ORDER);
      FloatVector input = FloatVector.fromMemorySegment(FLOATS, ALL, at + INPUT, ORDER);
      gradH.fma(input, sumB).intoMemorySegment(ALL, sum + SUM_B, ORDER);
      FloatVector gradInput = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_INPUT, ORDER);
      gradH
          .fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w)), gradInput)
          .intoMemorySegment(ALL, at + GRAD_INPUT, ORDER);
      carry = gradH.mul(FloatVector.fromMemorySegment(FLOATS, ALL, path + DECAYS, ORDER));
      after = FloatVector.fromMemorySegment(FLOATS, ALL, path + TRAIL, ORDER);
      FloatVector gradExponent = carry.mul(after);
      FloatVector gradDelta = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_DELTA, ORDER);
      gradExponent.fma(rate, gradDelta).intoMemorySegment(ALL, at + GRAD_DELTA, ORDER);
      FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, at + DELTA, ORDER);
      gradDecay = gradExponent.fma(delta, gradDecay);
    }
    gradDecay.intoMemorySegment(ALL, gradDecayAt, ORDER);
    carry.intoMemorySegment(ALL, carryAt, ORDER);
  }

  static void close(ScanTile tile, boolean softplus, int block, int from, int to) {
    VectorScanCpu.run(closeInput, tile, block, 0, from, to);
    if (softplus) {
      VectorScanCpu.run(closeSoftplus, tile, block, 0, from, to);
    } else {
      closeDelta(tile, block, from, to);
    }
    if (tile.rows.gradGate() != NONE) {
      VectorScanCpu.run(closeGate, tile, block, 0, from, to);
    }
  }

  /** Writes the gradient of u, and completes that of Δ. */
  static void closeInput(ScanTile tile, int block, int unused, int from, int to) {
    long u = tile.rows.u() + tile.rowOf(block);
    long gradU = tile.rows.gradU() + tile.rowOf(block);
    boolean wanted = tile.rows.gradU() != NONE;
    long stride = tile.rowStride;
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    long skipAt = tile.perBlock(tile.layout.skip, block);
    long gradSkipAt = tile.perBlock(tile.layout.gradSkip, block);
    FloatVector skip = FloatVector.fromMemorySegment(FLOATS, ALL, skipAt, ORDER);
    FloatVector gradSkip = FloatVector.fromMemorySegment(FLOATS, ALL, gradSkipAt, ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, u + t * stride, ORDER);
      FloatVector gradInput = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_INPUT, ORDER);
      FloatVector gradY = FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_Y, ORDER);
      FloatVector fromDecays =
          FloatVector.fromMemorySegment(FLOATS, ALL, at + GRAD_DELTA, ORDER).mul(LN_2);
      gradInput.fma(x, fromDecays).intoMemorySegment(ALL, at + GRAD_DELTA, ORDER);
      gradSkip = gradY.fma(x, gradSkip);
      if (wanted) {
        FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, at + DELTA, ORDER);
        gradY.fma(skip, gradInput.mul(delta)).intoMemorySegment(ALL, gradU + t * stride, ORDER);
      }
    }
    gradSkip.intoMemorySegment(ALL, gradSkipAt, ORDER);
  }

  static void closeSoftplus(ScanTile tile, int block, int unused, int from, int to) {
    long given = tile.rows.delta() + tile.rowOf(block);
    long gradGiven = tile.rows.gradDelta() + tile.rowOf(block);
    boolean wanted = tile.rows.gradDelta() != NONE;
    long stride = tile.rowStride;
    long record = tile.record(block) + GRAD_DELTA;
    long apart = tile.layout.stepBytes;
    long biasAt = tile.perBlock(tile.layout.bias, block);
    long gradBiasAt = tile.perBlock(tile.layout.gradBias, block);
    FloatVector bias = FloatVector.fromMemorySegment(FLOATS, ALL, biasAt, ORDER);
    FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, gradBiasAt, ORDER);
    for (int t = from; t < to; t++) {
      FloatVector raw = FloatVector.fromMemorySegment(FLOATS, ALL, given + t * stride, ORDER);
      FloatVector slope = VectorExpCpu.sigmoid(raw.add(bias));
      FloatVector gradient =
          FloatVector.fromMemorySegment(FLOATS, ALL, record + t * apart, ORDER).mul(slope);
      sum = sum.add(gradient);
      if (wanted) {
        gradient.intoMemorySegment(ALL, gradGiven + t * stride, ORDER);
      }
    }
    sum.intoMemorySegment(ALL, gradBiasAt, ORDER);
  }

  private static void closeDelta(ScanTile tile, int block, int from, int to) {
    long gradGiven = tile.rows.gradDelta() + tile.rowOf(block);
    boolean wanted = tile.rows.gradDelta() != NONE;
    long record = tile.record(block) + GRAD_DELTA;
    long gradBiasAt = tile.perBlock(tile.layout.gradBias, block);
    FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, gradBiasAt, ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * tile.layout.stepBytes;
      FloatVector gradient = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
      sum = sum.add(gradient);
      if (wanted) {
        gradient.intoMemorySegment(ALL, gradGiven + t * tile.rowStride, ORDER);
      }
    }
    sum.intoMemorySegment(ALL, gradBiasAt, ORDER);
  }

  /** gradOut·y·SiLU'(gate). */
  static void closeGate(ScanTile tile, int block, int unused, int from, int to) {
    long gate = tile.rows.gate() + tile.rowOf(block);
    long gradOut = tile.rows.gradOut() + tile.rowOf(block);
    long gradGate = tile.rows.gradGate() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block) + Y;
    long apart = tile.layout.stepBytes;
    for (int t = from; t < to; t++) {
      FloatVector z = FloatVector.fromMemorySegment(FLOATS, ALL, gate + t * stride, ORDER);
      FloatVector slope = VectorExpCpu.siluSlope(z);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, record + t * apart, ORDER);
      FloatVector arriving =
          FloatVector.fromMemorySegment(FLOATS, ALL, gradOut + t * stride, ORDER);
      arriving.mul(y).mul(slope).intoMemorySegment(ALL, gradGate + t * stride, ORDER);
    }
  }
}
