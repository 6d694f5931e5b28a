package io.colubrid.nn;

import static jdk.incubator.vector.VectorOperators.LSHL;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponentials and their kin on vectors, to within about two units in the last place. Loops should
 * inline no more than two of them: beyond that the compiler gives up on vectors and boxes them.
 */
public final class VectorExpCpu {
  public static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  public static final int LANES = FLOATS.length();
  static final ByteOrder ORDER = ByteOrder.nativeOrder();
  static final float LOG2_E = 1.44269504f;

  private static final VectorSpecies<Integer> INTS = FLOATS.vectorShape().withLanes(int.class);

  // Adding this leaves the nearest whole number in the low bits of the mantissa.
  private static final float ROUNDER = 0x1.8p23f;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);

  private static final FloatVector ROUND = all(ROUNDER);
  private static final IntVector SMALLEST = IntVector.broadcast(INTS, ROUNDER_BITS - 125);
  private static final IntVector LARGEST = IntVector.broadcast(INTS, ROUNDER_BITS + 127);
  private static final FloatVector ONE = all(1);
  private static final FloatVector HALF = all(0.5f);
  private static final FloatVector TWO = all(2);
  private static final FloatVector LOG2E = all(LOG2_E);
  private static final FloatVector MINUS_LOG2E = all(-LOG2_E);

  // 2^f for f in ±1/2: minimax in relative error (9e-8) among polynomials that are 1 at 0.
  private static final FloatVector E1 = all(0.693147003650665f);
  private static final FloatVector E2 = all(0.240222424268723f);
  private static final FloatVector E3 = all(0.055507335811853f);
  private static final FloatVector E4 = all(0.009671512991190f);
  private static final FloatVector E5 = all(0.001326472731307f);

  // log((1 + s) / (1 − s)) = 2s + s³·P(s²) for s up to 1/3: minimax in relative error (5e-9).
  private static final FloatVector L0 = all(0.666664123535156f);
  private static final FloatVector L1 = all(0.400216996669770f);
  private static final FloatVector L2 = all(0.279991418123245f);
  private static final FloatVector L3 = all(0.280244588851929f);

  private VectorExpCpu() {}

  private static FloatVector all(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  /** 2^(a·b), bounded by 2^±126. */
  public static FloatVector exp2(FloatVector a, FloatVector b) {
    FloatVector rounded = a.fma(b, ROUND);
    FloatVector fraction = a.fma(b, ROUND.sub(rounded));
    IntVector exponent = rounded.reinterpretAsInts().max(SMALLEST).min(LARGEST).lanewise(LSHL, 23);
    FloatVector power = E5.fma(fraction, E4).fma(fraction, E3).fma(fraction, E2);
    power = power.fma(fraction, E1).fma(fraction, ONE);
    return power.reinterpretAsInts().add(exponent).reinterpretAsFloats();
  }

  /** x = −scale·exp(x), over some vectors. */
  static void negatedExp(long at, int vectors, float scale) {
    for (int i = 0; i < vectors; i++) {
      long here = at + (long) i * FLOATS.vectorByteSize();
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, Addresses.ALL, here, ORDER);
      exp2(x, LOG2E).mul(-scale).intoMemorySegment(Addresses.ALL, here, ORDER);
    }
  }

  static FloatVector sigmoid(FloatVector x) {
    return ONE.div(exp2(x, MINUS_LOG2E).add(ONE));
  }

  /** Derivative of x·σ(x): σ(x)·(1 + x·(1 − σ(x))). */
  static FloatVector siluSlope(FloatVector x) {
    FloatVector sigmoid = sigmoid(x);
    return sigmoid.mul(ONE.sub(sigmoid).fma(x, ONE));
  }

  /** log(1 + eˣ), relatively accurate where it is small too. */
  public static FloatVector softplus(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector positive = x.add(magnitude).mul(HALF);
    return positive.add(log1p(exp2(magnitude, MINUS_LOG2E)));
  }

  /** log(1 + x) for x from 0 to 1. */
  private static FloatVector log1p(FloatVector x) {
    FloatVector s = x.div(x.add(TWO));
    FloatVector square = s.mul(s);
    FloatVector tail = L3.fma(square, L2).fma(square, L1).fma(square, L0);
    return tail.mul(square).fma(s, s.add(s));
  }
}
