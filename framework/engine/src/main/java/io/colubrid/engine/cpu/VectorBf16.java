package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Spans of bf16, over a whole number of vectors; as many halves at a time as a vector has floats.
 */
public final class VectorBf16 {

  private static final int LANES = SPECIES.length();
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SPECIES.vectorShape());
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));
  private static final IntVector ONE = IntVector.broadcast(INTS, 1);
  private static final IntVector BELOW_HALF = IntVector.broadcast(INTS, 0x7fff);
  private static final IntVector QUIET = IntVector.broadcast(INTS, 0x400000);

  private VectorBf16() {}

  /** Rounds any number of floats to BF16, by addresses. */
  public static void narrowAll(long x, long out, long n) {
    long whole = n / LANES * LANES;
    narrow(x, out, whole);
    for (long i = whole; i < n; i++) {
      float value = ALL.get(ValueLayout.JAVA_FLOAT, x + i * Float.BYTES);
      int bits = Float.floatToRawIntBits(value);
      int rounded =
          Float.isNaN(value) ? bits | 0x400000 : bits + 0x7fff + ((bits >>> Short.SIZE) & 1);
      ALL.set(ValueLayout.JAVA_SHORT, out + i * Short.BYTES, (short) (rounded >>> Short.SIZE));
    }
  }

  static void narrow(long x, long out, long n) {
    for (long i = 0; i < n; i += LANES) {
      FloatVector value = FloatVector.fromMemorySegment(SPECIES, ALL, x + i * Float.BYTES, ORDER);
      VectorMask<Integer> nan = value.compare(NE, value).cast(INTS);
      IntVector bits = value.reinterpretAsInts();
      IntVector odd = bits.lanewise(LSHR, 16).and(ONE);
      // Rounding could carry a NaN over into infinity.
      IntVector rounded = bits.add(BELOW_HALF).add(odd).blend(bits.or(QUIET), nan);
      ShortVector halves =
          (ShortVector) rounded.lanewise(LSHR, 16).convertShape(VectorOperators.I2S, SHORTS, 0);
      halves.intoMemorySegment(ALL, out + i * Short.BYTES, ORDER);
    }
  }

  static void widen(long x, long out, long n) {
    for (long i = 0; i < n; i += LANES) {
      ShortVector.fromMemorySegment(SHORTS, ALL, x + i * Short.BYTES, ORDER)
          .convertShape(ZERO_EXTEND_S2I, INTS, 0)
          .reinterpretAsInts()
          .lanewise(LSHL, 16)
          .intoMemorySegment(ALL, out + i * Float.BYTES, ORDER);
    }
  }

  /** The sum of w (bf16) times x. */
  static double dot(long w, long x, long n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    long i = 0;
    for (; i <= n - 2L * LANES; i += 2L * LANES) {
      long half = w + i * Short.BYTES;
      long full = x + i * Float.BYTES;
      FloatVector w0 =
          ShortVector.fromMemorySegment(SHORTS, ALL, half, ORDER)
              .convertShape(ZERO_EXTEND_S2I, INTS, 0)
              .reinterpretAsInts()
              .lanewise(LSHL, 16)
              .reinterpretAsFloats();
      FloatVector w1 =
          ShortVector.fromMemorySegment(SHORTS, ALL, half + 2L * LANES, ORDER)
              .convertShape(ZERO_EXTEND_S2I, INTS, 0)
              .reinterpretAsInts()
              .lanewise(LSHL, 16)
              .reinterpretAsFloats();
      s0 = w0.fma(FloatVector.fromMemorySegment(SPECIES, ALL, full, ORDER), s0);
      s1 = w1.fma(FloatVector.fromMemorySegment(SPECIES, ALL, full + 4L * LANES, ORDER), s1);
    }
    for (; i < n; i += LANES) {
      FloatVector w0 =
          ShortVector.fromMemorySegment(SHORTS, ALL, w + i * Short.BYTES, ORDER)
              .convertShape(ZERO_EXTEND_S2I, INTS, 0)
              .reinterpretAsInts()
              .lanewise(LSHL, 16)
              .reinterpretAsFloats();
      s0 = w0.fma(FloatVector.fromMemorySegment(SPECIES, ALL, x + i * Float.BYTES, ORDER), s0);
    }
    return LaneSum.of(s0.add(s1));
  }
}
