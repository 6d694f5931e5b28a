package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;
import static jdk.incubator.vector.VectorOperators.SQRT;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * One loop a function of {@link UnaryOp}, over a whole number of vectors. Each is compiled alone,
 * see {@link OutOfLine}.
 */
final class VectorUnary {

  private static final long STEP = SPECIES.vectorByteSize();

  private static final Map<UnaryOp, MethodHandle> LOOPS =
      OutOfLine.loops(
          MethodHandles.lookup(),
          MethodType.methodType(void.class, long.class, long.class, long.class));

  private VectorUnary() {}

  static void apply(UnaryOp op, long x, long out, long bytes) {
    try {
      Objects.requireNonNull(LOOPS.get(op)).invokeExact(x, out, bytes);
    } catch (Throwable t) {
      throw OutOfLine.unexpected(t);
    }
  }

  static void negate(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      x.neg().intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void abs(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      x.abs().intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void square(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      x.mul(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void sqrt(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      x.lanewise(SQRT).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void reciprocal(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.reciprocal(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void relu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.relu(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void exp(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.exp(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void log(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.log(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void tanh(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.tanh(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void sigmoid(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.sigmoid(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void silu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.silu(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void softplus(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.softplus(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void gelu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.gelu(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  static void geluTanh(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, ALL, from + i, ORDER);
      VectorMath.geluTanh(x).intoMemorySegment(ALL, out + i, ORDER);
    }
  }
}
