package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.OffHeap.ALL;
import static io.colubrid.engine.cpu.OffHeap.ORDER;
import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The inner product of {@link JavaGemm}: six rows by two vectors of sums, which with two vectors of
 * B and one of A just fill the sixteen registers of AVX2.
 */
final class VectorTile {

  static final int ROWS = 6;
  static final int COLUMNS = 2 * SPECIES.length();

  private static final long STEP = SPECIES.vectorByteSize();
  private static final long A_STEP = ROWS * (long) Float.BYTES;
  private static final long B_STEP = 2 * STEP;

  private VectorTile() {}

  static void run(long a, long b, int k, long out) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = c00;
    FloatVector c10 = c00;
    FloatVector c11 = c00;
    FloatVector c20 = c00;
    FloatVector c21 = c00;
    FloatVector c30 = c00;
    FloatVector c31 = c00;
    FloatVector c40 = c00;
    FloatVector c41 = c00;
    FloatVector c50 = c00;
    FloatVector c51 = c00;
    for (int p = 0; p < k; p++) {
      long row = a + p * A_STEP;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, ALL, b + p * B_STEP, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, ALL, b + p * B_STEP + STEP, ORDER);
      FloatVector a0 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row));
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row + 4));
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row + 8));
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row + 12));
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row + 16));
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = FloatVector.broadcast(SPECIES, OffHeap.getFloat(row + 20));
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    c00.intoMemorySegment(ALL, out, ORDER);
    c01.intoMemorySegment(ALL, out + STEP, ORDER);
    c10.intoMemorySegment(ALL, out + B_STEP, ORDER);
    c11.intoMemorySegment(ALL, out + B_STEP + STEP, ORDER);
    c20.intoMemorySegment(ALL, out + 2 * B_STEP, ORDER);
    c21.intoMemorySegment(ALL, out + 2 * B_STEP + STEP, ORDER);
    c30.intoMemorySegment(ALL, out + 3 * B_STEP, ORDER);
    c31.intoMemorySegment(ALL, out + 3 * B_STEP + STEP, ORDER);
    c40.intoMemorySegment(ALL, out + 4 * B_STEP, ORDER);
    c41.intoMemorySegment(ALL, out + 4 * B_STEP + STEP, ORDER);
    c50.intoMemorySegment(ALL, out + 5 * B_STEP, ORDER);
    c51.intoMemorySegment(ALL, out + 5 * B_STEP + STEP, ORDER);
  }
}
