package io.colubrid.plugins.attention;

import java.util.random.RandomGenerator;

/** Random operands. */
final class Normal {
  private Normal() {}

  static float[] floats(RandomGenerator random, long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
