package io.colubrid.nn;

import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorScanCpu.load;
import static io.colubrid.nn.VectorScanCpu.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** The loops of a causal convolution on vectors. */
final class VectorConvCpu implements ConvKernels {
  private static final long V = 4L * LANES;

  @Override
  public int lanes() {
    return LANES;
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
      store(load(from, at + t * stride), to, toAt + t * toStride);
    }
  }

  @Override
  public void convolve(MemorySegment scratch, ConvLayout layout, int block, int steps) {
    long weights = layout.weights + (long) block * layout.width * V;
    if (layout.width == 4) {
      convolveFour(scratch, layout, weights, load(scratch, layout.bias + block * V), steps);
    } else {
      convolveAny(scratch, layout, weights, load(scratch, layout.bias + block * V), steps);
    }
  }

  private static void convolveAny(
      MemorySegment scratch, ConvLayout layout, long weights, FloatVector bias, int steps) {
    int width = layout.width;
    for (int t = 0; t < steps; t++) {
      FloatVector sum = bias;
      for (int k = 0; k < width; k++) {
        sum = load(scratch, layout.window + (t + k) * V).fma(load(scratch, weights + k * V), sum);
      }
      store(sum, scratch, layout.y + t * V);
    }
  }

  private static void convolveFour(
      MemorySegment scratch, ConvLayout layout, long weights, FloatVector bias, int steps) {
    long window = layout.window;
    long y = layout.y;
    FloatVector w0 = load(scratch, weights);
    FloatVector w1 = load(scratch, weights + V);
    FloatVector w2 = load(scratch, weights + 2 * V);
    FloatVector w3 = load(scratch, weights + 3 * V);
    for (int t = 0; t < steps; t++) {
      long at = window + t * V;
      FloatVector sum = load(scratch, at).fma(w0, bias);
      sum = load(scratch, at + V).fma(w1, sum);
      sum = load(scratch, at + 2 * V).fma(w2, sum);
      store(load(scratch, at + 3 * V).fma(w3, sum), scratch, y + t * V);
    }
  }

  @Override
  public void activate(MemorySegment scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      FloatVector y = load(scratch, layout.y + t * V);
      store(y.mul(VectorExpCpu.sigmoid(y)), scratch, layout.y + t * V);
    }
  }

  @Override
  public void slope(MemorySegment scratch, ConvLayout layout, int steps) {
    for (int t = 0; t < steps; t++) {
      FloatVector y = load(scratch, layout.y + t * V);
      FloatVector slope = VectorExpCpu.siluSlope(y);
      store(slope.mul(load(scratch, layout.gradY + t * V)), scratch, layout.gradY + t * V);
    }
  }

  @Override
  public void convolveBackward(MemorySegment scratch, ConvLayout layout, int block, int steps) {
    int width = layout.width;
    scratch.asSlice(layout.gradWindow, (steps + width) * V).fill((byte) 0);
    long taps = (long) block * width * V;
    for (int k = 0; k < width; k++) {
      long at = taps + k * V;
      tapBackward(scratch, layout, layout.weights + at, layout.gradWeights + at, k * V, steps);
    }
    FloatVector sum = load(scratch, layout.gradBias + block * V);
    for (int t = 0; t < steps; t++) {
      sum = sum.add(load(scratch, layout.gradY + t * V));
    }
    store(sum, scratch, layout.gradBias + block * V);
  }

  private static void tapBackward(
      MemorySegment scratch,
      ConvLayout layout,
      long weightAt,
      long gradWeightAt,
      long shift,
      int steps) {
    FloatVector weight = load(scratch, weightAt);
    FloatVector gradWeight = load(scratch, gradWeightAt);
    for (int t = 0; t < steps; t++) {
      FloatVector gradY = load(scratch, layout.gradY + t * V);
      long gradX = layout.gradWindow + shift + t * V;
      store(gradY.fma(weight, load(scratch, gradX)), scratch, gradX);
      gradWeight = gradY.fma(load(scratch, layout.window + shift + t * V), gradWeight);
    }
    store(gradWeight, scratch, gradWeightAt);
  }
}
