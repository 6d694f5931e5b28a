package io.colubrid.engine.cpu;

import static io.colubrid.engine.cpu.VectorMath.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Sums over the lanes of a vector, always in one order: halves are added until one lane is left.
 * That of {@code reduceLanes} is nobody's promise and changes when a loop is compiled, so that the
 * first steps of a run and the same steps of a resumed one would differ in their last bits.
 */
final class LaneSum {
  private static final int LANES = SPECIES.length();
  private static final VectorShuffle<Float> BY_8 = rotation(8);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_1 = rotation(1);

  private LaneSum() {}

  static float of(FloatVector x) {
    FloatVector sum = x;
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    if (LANES > 2) {
      sum = sum.add(sum.rearrange(BY_2));
    }
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  private static VectorShuffle<Float> rotation(int lanes) {
    return VectorShuffle.iota(SPECIES, lanes, 1, true);
  }
}
