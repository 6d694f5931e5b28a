package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.VectorMath.SPECIES;
import static jdk.incubator.vector.VectorOperators.SQRT;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * One loop a function of {@link UnaryOp}, over a whole number of vectors. Each stands alone,
 * because a loop shared by several functions would not be inlined.
 */
final class VectorUnary {

  private static final long STEP = SPECIES.vectorByteSize();

  private VectorUnary() {}

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  private static void store(FloatVector v, long address) {
    v.intoMemorySegment(OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  static void apply(UnaryOp op, long x, long out, long bytes) {
    switch (op) {
      case NEGATE -> negate(x, out, bytes);
      case ABS -> abs(x, out, bytes);
      case SQUARE -> square(x, out, bytes);
      case SQRT -> sqrt(x, out, bytes);
      case RECIPROCAL -> reciprocal(x, out, bytes);
      case RELU -> relu(x, out, bytes);
      case EXP -> exp(x, out, bytes);
      case LOG -> log(x, out, bytes);
      case TANH -> tanh(x, out, bytes);
      case SIGMOID -> sigmoid(x, out, bytes);
      case SILU -> silu(x, out, bytes);
      case SOFTPLUS -> softplus(x, out, bytes);
      case GELU -> gelu(x, out, bytes);
      case GELU_TANH -> geluTanh(x, out, bytes);
    }
  }

  private static void negate(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(x.neg(), out + i);
    }
  }

  private static void abs(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(x.abs(), out + i);
    }
  }

  private static void square(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(x.mul(x), out + i);
    }
  }

  private static void sqrt(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(x.lanewise(SQRT), out + i);
    }
  }

  private static void reciprocal(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.reciprocal(x), out + i);
    }
  }

  private static void relu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.relu(x), out + i);
    }
  }

  private static void exp(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.exp(x), out + i);
    }
  }

  private static void log(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.log(x), out + i);
    }
  }

  private static void tanh(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.tanh(x), out + i);
    }
  }

  private static void sigmoid(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.sigmoid(x), out + i);
    }
  }

  private static void silu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.silu(x), out + i);
    }
  }

  private static void softplus(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.softplus(x), out + i);
    }
  }

  private static void gelu(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.gelu(x), out + i);
    }
  }

  private static void geluTanh(long from, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      store(VectorMath.geluTanh(x), out + i);
    }
  }
}
