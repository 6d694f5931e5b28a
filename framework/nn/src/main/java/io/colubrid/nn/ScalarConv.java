package io.colubrid.nn;

import static io.colubrid.nn.ScalarScan.get;
import static io.colubrid.nn.ScalarScan.set;
import static io.colubrid.nn.ScalarScan.sigmoid;

import java.lang.foreign.MemorySegment;

/** The loops of a causal convolution one channel at a time, for a JVM without the vector module. */
final class ScalarConv implements ConvKernels {
  private static final long V = 4;

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public void copy(
      MemorySegment from,
      long at,
      long stride,
      MemorySegment to,
      long toAt,
      long toStride,
      int rows) {
    for (int t = 0; t < rows; t++) {
      set(to, toAt + t * toStride, get(from, at + t * stride));
    }
  }

  @Override
  public void convolve(MemorySegment scratch, ConvLayout layout, int block, int steps) {
    long weights = layout.weights + (long) block * layout.width * V;
    for (int t = 0; t < steps; t++) {
      double sum = get(scratch, layout.bias + block * V);
      for (int k = 0; k < layout.width; k++) {
        sum += get(scratch, weights + k * V) * get(scratch, layout.window + (t + k) * V);
      }
      set(scratch, layout.y + t * V, sum);
    }
  }

  @Override
  public void activate(MemorySegment scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      double y = get(scratch, layout.y + t * V);
      set(scratch, layout.y + t * V, y * sigmoid(y));
    }
  }

  @Override
  public void slope(MemorySegment scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      double y = get(scratch, layout.y + t * V);
      double slope = sigmoid(y) * (1 + y * (1 - sigmoid(y)));
      set(scratch, layout.gradY + t * V, slope * get(scratch, layout.gradY + t * V));
    }
  }

  @Override
  public void convolveBackward(MemorySegment scratch, ConvLayout layout, int block, int steps) {
    scratch.asSlice(layout.gradWindow, (steps + layout.width) * V).fill((byte) 0);
    long biasAt = layout.gradBias + block * V;
    for (int t = 0; t < steps; t++) {
      double gradY = get(scratch, layout.gradY + t * V);
      set(scratch, biasAt, get(scratch, biasAt) + gradY);
      for (int k = 0; k < layout.width; k++) {
        long tap = ((long) block * layout.width + k) * V;
        long shift = (t + k) * V;
        long gradX = layout.gradWindow + shift;
        double weight = get(scratch, layout.weights + tap);
        set(scratch, gradX, get(scratch, gradX) + gradY * weight);
        double x = get(scratch, layout.window + shift);
        long gradWeight = layout.gradWeights + tap;
        set(scratch, gradWeight, get(scratch, gradWeight) + gradY * x);
      }
    }
  }
}
