package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** One loop a function of {@link BinaryOp}, over a whole number of vectors. */
final class VectorBinary {

  private static final long STEP = SPECIES.vectorByteSize();

  private VectorBinary() {}

  private static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

  private static void store(FloatVector v, long address) {
    v.intoMemorySegment(OffHeap.ALL, address, ByteOrder.nativeOrder());
  }

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
      store(load(a + i).add(load(b + i)), out + i);
    }
  }

  private static void subtract(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).sub(load(b + i)), out + i);
    }
  }

  private static void multiply(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).mul(load(b + i)), out + i);
    }
  }

  private static void divide(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).div(load(b + i)), out + i);
    }
  }

  private static void max(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).max(load(b + i)), out + i);
    }
  }

  private static void min(long a, long b, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).min(load(b + i)), out + i);
    }
  }

  private static void add(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).add(y), out + i);
    }
  }

  private static void subtract(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).sub(y), out + i);
    }
  }

  private static void multiply(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).mul(y), out + i);
    }
  }

  private static void divide(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).div(y), out + i);
    }
  }

  private static void max(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).max(y), out + i);
    }
  }

  private static void min(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(load(a + i).min(y), out + i);
    }
  }

  private static void subtractFrom(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(y.sub(load(a + i)), out + i);
    }
  }

  private static void divideInto(long a, FloatVector y, long out, long bytes) {
    for (long i = 0; i < bytes; i += STEP) {
      store(y.div(load(a + i)), out + i);
    }
  }
}
