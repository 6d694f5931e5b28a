package io.colubrid.nn;

import static io.colubrid.nn.Addresses.add;
import static io.colubrid.nn.Addresses.get;
import static io.colubrid.nn.Addresses.set;
import static io.colubrid.nn.ScalarScan.sigmoid;

/** The loops of a causal convolution one channel at a time, for a JVM without the vector module. */
final class ScalarConv implements ConvKernels {
  private static final long V = 4;

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public void copy(long from, long stride, long to, long toStride, int rows) {
    for (int t = 0; t < rows; t++) {
      set(to + t * toStride, get(from + t * stride));
    }
  }

  @Override
  public void convolve(long scratch, ConvLayout layout, int block, int steps) {
    long weights = scratch + layout.weights + (long) block * layout.width * V;
    long window = scratch + layout.window;
    for (int t = 0; t < steps; t++) {
      double sum = get(scratch + layout.bias + block * V);
      for (int k = 0; k < layout.width; k++) {
        sum += get(weights + k * V) * get(window + (t + k) * V);
      }
      set(scratch + layout.y + t * V, sum);
    }
  }

  @Override
  public void activate(long scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      double y = get(scratch + layout.y + t * V);
      set(scratch + layout.y + t * V, y * sigmoid(y));
    }
  }

  @Override
  public void slope(long scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      double y = get(scratch + layout.y + t * V);
      double slope = sigmoid(y) * (1 + y * (1 - sigmoid(y)));
      long at = scratch + layout.gradY + t * V;
      set(at, slope * get(at));
    }
  }

  @Override
  public void convolveBackward(long scratch, ConvLayout layout, int block, int steps) {
    Addresses.clear(scratch + layout.gradWindow, (steps + layout.width) * V);
    for (int t = 0; t < steps; t++) {
      double gradY = get(scratch + layout.gradY + t * V);
      add(scratch + layout.gradBias + block * V, gradY);
      for (int k = 0; k < layout.width; k++) {
        long tap = ((long) block * layout.width + k) * V;
        long shift = (t + k) * V;
        double weight = get(scratch + layout.weights + tap);
        double x = get(scratch + layout.window + shift);
        add(scratch + layout.gradWindow + shift, gradY * weight);
        add(scratch + layout.gradWeights + tap, gradY * x);
      }
    }
  }
}
