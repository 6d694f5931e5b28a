package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;

/** One loop a function of {@link BinaryOp}, over a whole number of vectors. */
final class VectorBinary {

  private static final long STEP = SPECIES.vectorByteSize();

  private VectorBinary() {}

  static void apply(BinaryOp op, long a, long b, long out, long bytes) {
    switch (op) {
      case ADD -> add(a, b, out, bytes);
      case SUBTRACT -> subtract(a, b, out, bytes);
      case MULTIPLY -> multiply(a, b, out, bytes);
      case DIVIDE -> divide(a, b, out, bytes);
      case MAX -> max(a, b, out, bytes);
      case MIN -> min(a, b, out, bytes);
      case SUBTRACT_FROM -> subtract(b, a, out, bytes);
      case DIVIDE_INTO -> divide(b, a, out, bytes);
    }
  }

  static void applyScalar(BinaryOp op, long a, float b, long out, long bytes) {
    FloatVector y = FloatVector.broadcast(SPECIES, b);
    switch (op) {
      case ADD -> add(a, y, out, bytes);
      case SUBTRACT -> subtract(a, y, out, bytes);
      case MULTIPLY -> multiply(a, y, out, bytes);
      case DIVIDE -> divide(a, y, out, bytes);
      case MAX -> max(a, y, out, bytes);
      case MIN -> min(a, y, out, bytes);
      case SUBTRACT_FROM -> subtractFrom(a, y, out, bytes);
      case DIVIDE_INTO -> divideInto(a, y, out, bytes);
    }
  }

  private static void add(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void subtract(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .sub(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void multiply(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .mul(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void divide(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .div(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void max(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .max(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void min(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .min(FloatVector.fromMemorySegment(SPECIES, ALL, b + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void add(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .add(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void subtract(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .sub(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void multiply(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .mul(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void divide(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .div(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void max(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .max(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void min(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER)
          .min(y)
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void subtractFrom(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      y.sub(FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }

  private static void divideInto(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      y.div(FloatVector.fromMemorySegment(SPECIES, ALL, a + i, ORDER))
          .intoMemorySegment(ALL, out + i, ORDER);
    }
  }
}
