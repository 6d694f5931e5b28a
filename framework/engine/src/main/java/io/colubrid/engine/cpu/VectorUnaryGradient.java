package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * One loop a derivative of {@link UnaryOp}, over a whole number of vectors; see {@link
 * VectorUnary}.
 */
final class VectorUnaryGradient {

  private static final long STEP = SPECIES.vectorByteSize();

  private static final Map<UnaryOp, MethodHandle> LOOPS =
      OutOfLine.loops(
          MethodHandles.lookup(),
          MethodType.methodType(void.class, long.class, long.class, long.class, long.class));

  private VectorUnaryGradient() {}

  static void apply(UnaryOp op, long x, long gradOut, long gradIn, long bytes) {
    try {
      Objects.requireNonNull(LOOPS.get(op)).invokeExact(x, gradOut, gradIn, bytes);
    } catch (Throwable t) {
      throw OutOfLine.unexpected(t);
    }
  }

  static void negate(@SuppressWarnings("unused") long x, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.neg().intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void abs(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.absGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void square(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(x.add(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void sqrt(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.sqrtGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void reciprocal(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.reciprocalGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void relu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.reluGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void exp(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.exp(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void log(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.reciprocal(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void tanh(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.tanhGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void sigmoid(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.sigmoidGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void silu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.siluGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void softplus(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.sigmoid(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void gelu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.geluGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }

  static void geluTanh(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, ALL, gradOut + i, ORDER);
      g.mul(VectorMath.geluTanhGradient(x)).intoMemorySegment(ALL, gradIn + i, ORDER);
    }
  }
}
