package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import jdk.incubator.vector.FloatVector;

/** Sums of exponentials over a whole number of vectors. */
final class VectorExp {

  private static final long STEP = SPECIES.vectorByteSize();

  private static MethodHandle expSum =
      OutOfLine.loop(
          MethodHandles.lookup(),
          "expSumLoop",
          MethodType.methodType(float.class, long.class, float.class, long.class, long.class));
  private static MethodHandle sumExp =
      OutOfLine.loop(
          MethodHandles.lookup(),
          "sumExpLoop",
          MethodType.methodType(float.class, long.class, float.class, long.class));
  private static MethodHandle expScaled =
      OutOfLine.loop(
          MethodHandles.lookup(),
          "expScaledLoop",
          MethodType.methodType(
              void.class,
              long.class,
              float.class,
              float.class,
              float.class,
              long.class,
              long.class));

  private VectorExp() {}

  /** out = exp(x - shift); returns their sum. */
  static float expSum(long x, float shift, long out, long bytes) {
    try {
      return (float) expSum.invokeExact(x, shift, out, bytes);
    } catch (Throwable t) {
      throw OutOfLine.unexpected(t);
    }
  }

  /** The sum of exp(x - shift). */
  static float sumExp(long x, float shift, long bytes) {
    try {
      return (float) sumExp.invokeExact(x, shift, bytes);
    } catch (Throwable t) {
      throw OutOfLine.unexpected(t);
    }
  }

  /** out = scale * exp(x - shift) + offset. */
  static void expScaled(long x, float shift, float scale, float offset, long out, long bytes) {
    try {
      expScaled.invokeExact(x, shift, scale, offset, out, bytes);
    } catch (Throwable t) {
      throw OutOfLine.unexpected(t);
    }
  }

  static float expSumLoop(long x, float shift, long out, long bytes) {
    FloatVector t = FloatVector.broadcast(SPECIES, shift);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector e =
          VectorMath.exp(FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER).sub(t));
      e.intoMemorySegment(ALL, out + i, ORDER);
      sum = sum.add(e);
    }
    return LaneSum.of(sum);
  }

  static float sumExpLoop(long x, float shift, long bytes) {
    FloatVector t = FloatVector.broadcast(SPECIES, shift);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector value = FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER);
      sum = sum.add(VectorMath.exp(value.sub(t)));
    }
    return LaneSum.of(sum);
  }

  static void expScaledLoop(long x, float shift, float scale, float offset, long out, long bytes) {
    FloatVector t = FloatVector.broadcast(SPECIES, shift);
    FloatVector s = FloatVector.broadcast(SPECIES, scale);
    FloatVector o = FloatVector.broadcast(SPECIES, offset);
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector value = FloatVector.fromMemorySegment(SPECIES, ALL, x + i, ORDER);
      VectorMath.exp(value.sub(t)).fma(s, o).intoMemorySegment(ALL, out + i, ORDER);
    }
  }
}
