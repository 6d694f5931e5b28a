package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

final class LaneSumTest {
  private static final int ENOUGH_TO_BE_COMPILED = 50_000;

  @Test
  void addsHalvesBeforeAndAfterItIsCompiled() {
    Random random = new Random(1);
    for (int round = 0; round < ENOUGH_TO_BE_COMPILED; round++) {
      float[] lanes = new float[VectorMath.SPECIES.length()];
      for (int i = 0; i < lanes.length; i++) {
        lanes[i] = (float) random.nextGaussian();
      }
      FloatVector vector = FloatVector.fromArray(VectorMath.SPECIES, lanes, 0);
      assertThat(LaneSum.of(vector)).isEqualTo(halves(lanes));
    }
  }

  private static float halves(float[] lanes) {
    float[] sums = lanes;
    while (sums.length > 1) {
      float[] half = Arrays.copyOf(sums, sums.length / 2);
      for (int i = 0; i < half.length; i++) {
        half[i] += sums[half.length + i];
      }
      sums = half;
    }
    return sums[0];
  }
}
