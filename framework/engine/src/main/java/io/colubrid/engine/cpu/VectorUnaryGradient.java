package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * One loop a derivative of {@link UnaryOp}, over a whole number of vectors; see {@link
 * VectorUnary}.
 */
final class VectorUnaryGradient {

  private static final long STEP = SPECIES.vectorByteSize();

  private VectorUnaryGradient() {}

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  private static void store(FloatVector v, long address) {
    v.intoMemorySegment(OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  static void apply(UnaryOp op, long x, long gradOut, long gradIn, long bytes) {
    switch (op) {
      case NEGATE -> negate(gradOut, gradIn, bytes);
      case ABS -> abs(x, gradOut, gradIn, bytes);
      case SQUARE -> square(x, gradOut, gradIn, bytes);
      case SQRT -> sqrt(x, gradOut, gradIn, bytes);
      case RECIPROCAL -> reciprocal(x, gradOut, gradIn, bytes);
      case RELU -> relu(x, gradOut, gradIn, bytes);
      case EXP -> exp(x, gradOut, gradIn, bytes);
      case LOG -> log(x, gradOut, gradIn, bytes);
      case TANH -> tanh(x, gradOut, gradIn, bytes);
      case SIGMOID -> sigmoid(x, gradOut, gradIn, bytes);
      case SILU -> silu(x, gradOut, gradIn, bytes);
      case SOFTPLUS -> softplus(x, gradOut, gradIn, bytes);
      case GELU -> gelu(x, gradOut, gradIn, bytes);
      case GELU_TANH -> geluTanh(x, gradOut, gradIn, bytes);
    }
  }

  private static void negate(long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector g = load(gradOut + i);
      store(g.neg(), gradIn + i);
    }
  }

  private static void abs(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.absGradient(x)), gradIn + i);
    }
  }

  private static void square(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(x.add(x)), gradIn + i);
    }
  }

  private static void sqrt(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.sqrtGradient(x)), gradIn + i);
    }
  }

  private static void reciprocal(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.reciprocalGradient(x)), gradIn + i);
    }
  }

  private static void relu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.reluGradient(x)), gradIn + i);
    }
  }

  private static void exp(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.exp(x)), gradIn + i);
    }
  }

  private static void log(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.reciprocal(x)), gradIn + i);
    }
  }

  private static void tanh(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.tanhGradient(x)), gradIn + i);
    }
  }

  private static void sigmoid(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.sigmoidGradient(x)), gradIn + i);
    }
  }

  private static void silu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.siluGradient(x)), gradIn + i);
    }
  }

  private static void softplus(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.sigmoid(x)), gradIn + i);
    }
  }

  private static void gelu(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.geluGradient(x)), gradIn + i);
    }
  }

  private static void geluTanh(long from, long gradOut, long gradIn, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector x = load(from + i);
      FloatVector g = load(gradOut + i);
      store(g.mul(VectorMath.geluTanhGradient(x)), gradIn + i);
    }
  }
}
