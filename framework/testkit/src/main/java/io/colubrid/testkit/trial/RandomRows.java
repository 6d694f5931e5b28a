package io.colubrid.testkit.trial;

import io.colubrid.spi.layer.Sequences.Kind;
import java.util.Arrays;
import java.util.Random;

/** Draws batches of rows; equal seeds give equal rows. */
public final class RandomRows {
  private final Random random;

  public RandomRows(long seed) {
    this.random = new Random(seed);
  }

  /** Elements of standard normal distribution. */
  public double[] normal(int count) {
    double[] elements = new double[count];
    for (int i = 0; i < count; i++) {
      // What F32 cannot hold would count as an error of whoever computes in it.
      elements[i] = (float) random.nextGaussian();
    }
    return elements;
  }

  public Rows dense(int batch, int length, int width) {
    return Rows.dense(batch, length, width, normal(batch * length * width));
  }

  /**
   * Rows of one document each, of random lengths, with padding before them or behind. The first row
   * is full.
   */
  public Rows padded(int batch, int length, int width, boolean left) {
    int[] segments = new int[batch * length];
    for (int row = 1; row < batch; row++) {
      int padding = random.nextInt(length);
      int from = row * length + (left ? 0 : length - padding);
      Arrays.fill(segments, from, from + padding, -1);
    }
    return new Rows(Kind.PADDED, batch, length, width, normal(batch * length * width), segments);
  }

  /** Rows of several documents of random lengths; the last row has padding behind them. */
  public Rows packed(int batch, int length, int width) {
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int end = row == batch - 1 && length > 1 ? length - 1 - random.nextInt(length / 2) : length;
      int document = 0;
      for (int at = 0; at < length; at++) {
        boolean ends = at > 0 && random.nextInt(Math.min(length, 24)) < 3;
        document += ends ? 1 : 0;
        segments[row * length + at] = at < end ? document : -1;
      }
    }
    return new Rows(Kind.PACKED, batch, length, width, normal(batch * length * width), segments);
  }

  /** An integer from 0 to below {@code bound}. */
  public int below(int bound) {
    return random.nextInt(bound);
  }
}
