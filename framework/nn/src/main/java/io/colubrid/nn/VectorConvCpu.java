package io.colubrid.nn;

import static io.colubrid.nn.Addresses.ALL;
import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorExpCpu.ORDER;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;

/** The loops of a causal convolution on vectors, compiled alone, see {@link AloneCpu}. */
final class VectorConvCpu implements ConvKernels {
  private static final long V = 4L * LANES;

  private static MethodHandle weigh = loop("weigh", int.class);
  private static MethodHandle weighFour = loop("weighFour", int.class);
  private static MethodHandle applySilu = loop("applySilu");
  private static MethodHandle applySlope = loop("applySlope");
  private static MethodHandle tapBackward = loop("tapBackward", long.class, long.class, long.class);

  private static MethodHandle loop(String name, Class<?>... more) {
    Class<?>[] parameters = new Class<?>[3 + more.length];
    parameters[0] = long.class;
    parameters[1] = ConvLayout.class;
    parameters[2] = int.class;
    System.arraycopy(more, 0, parameters, 3, more.length);
    return AloneCpu.loop(MethodHandles.lookup(), name, parameters);
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void copy(long from, long stride, long to, long toStride, int rows) {
    for (int t = 0; t < rows; t++) {
      FloatVector.fromMemorySegment(FLOATS, ALL, from + t * stride, ORDER)
          .intoMemorySegment(ALL, to + t * toStride, ORDER);
    }
  }

  @Override
  public void convolve(long scratch, ConvLayout layout, int block, int steps) {
    try {
      if (layout.width == 4) {
        weighFour.invokeExact(scratch, layout, steps, block);
      } else {
        weigh.invokeExact(scratch, layout, steps, block);
      }
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void weigh(long scratch, ConvLayout layout, int steps, int block) {
    long weights = scratch + layout.weights + (long) block * layout.width * V;
    long window = scratch + layout.window;
    FloatVector bias =
        FloatVector.fromMemorySegment(FLOATS, ALL, scratch + layout.bias + block * V, ORDER);
    for (int t = 0; t < steps; t++) {
      FloatVector sum = bias;
      for (int k = 0; k < layout.width; k++) {
        FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, window + (t + k) * V, ORDER);
        sum = x.fma(FloatVector.fromMemorySegment(FLOATS, ALL, weights + k * V, ORDER), sum);
      }
      sum.intoMemorySegment(ALL, scratch + layout.y + t * V, ORDER);
    }
  }

  static void weighFour(long scratch, ConvLayout layout, int steps, int block) {
    long weights = scratch + layout.weights + block * 4L * V;
    long window = scratch + layout.window;
    long y = scratch + layout.y;
    FloatVector bias =
        FloatVector.fromMemorySegment(FLOATS, ALL, scratch + layout.bias + block * V, ORDER);
    FloatVector w0 = FloatVector.fromMemorySegment(FLOATS, ALL, weights, ORDER);
    FloatVector w1 = FloatVector.fromMemorySegment(FLOATS, ALL, weights + V, ORDER);
    FloatVector w2 = FloatVector.fromMemorySegment(FLOATS, ALL, weights + 2 * V, ORDER);
    FloatVector w3 = FloatVector.fromMemorySegment(FLOATS, ALL, weights + 3 * V, ORDER);
    for (int t = 0; t < steps; t++) {
      long at = window + t * V;
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER).fma(w0, bias);
      sum = FloatVector.fromMemorySegment(FLOATS, ALL, at + V, ORDER).fma(w1, sum);
      sum = FloatVector.fromMemorySegment(FLOATS, ALL, at + 2 * V, ORDER).fma(w2, sum);
      sum = FloatVector.fromMemorySegment(FLOATS, ALL, at + 3 * V, ORDER).fma(w3, sum);
      sum.intoMemorySegment(ALL, y + t * V, ORDER);
    }
  }

  @Override
  public void activate(long scratch, ConvLayout layout, int steps) {
    try {
      applySilu.invokeExact(scratch, layout, steps);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void applySilu(long scratch, ConvLayout layout, int steps) {
    long at = scratch + layout.y;
    for (int t = 0; t < steps; t++) {
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, at + t * V, ORDER);
      y.mul(VectorExpCpu.sigmoid(y)).intoMemorySegment(ALL, at + t * V, ORDER);
    }
  }

  @Override
  public void slope(long scratch, ConvLayout layout, int steps) {
    try {
      applySlope.invokeExact(scratch, layout, steps);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void applySlope(long scratch, ConvLayout layout, int steps) {
    long at = scratch + layout.y;
    long gradY = scratch + layout.gradY;
    for (int t = 0; t < steps; t++) {
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, at + t * V, ORDER);
      FloatVector slope = VectorExpCpu.siluSlope(y);
      FloatVector.fromMemorySegment(FLOATS, ALL, gradY + t * V, ORDER)
          .mul(slope)
          .intoMemorySegment(ALL, gradY + t * V, ORDER);
    }
  }

  @Override
  public void convolveBackward(long scratch, ConvLayout layout, int block, int steps) {
    int width = layout.width;
    Addresses.clear(scratch + layout.gradWindow, (steps + width) * V);
    for (int k = 0; k < width; k++) {
      long tap = ((long) block * width + k) * V;
      try {
        tapBackward.invokeExact(
            scratch, layout, steps, layout.weights + tap, layout.gradWeights + tap, k * V);
      } catch (Throwable t) {
        throw AloneCpu.unexpected(t);
      }
    }
    long biasAt = scratch + layout.gradBias + block * V;
    FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, biasAt, ORDER);
    for (int t = 0; t < steps; t++) {
      long at = scratch + layout.gradY + t * V;
      sum = sum.add(FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER));
    }
    sum.intoMemorySegment(ALL, biasAt, ORDER);
  }

  static void tapBackward(
      long scratch, ConvLayout layout, int steps, long weightAt, long gradWeightAt, long shift) {
    long gradYs = scratch + layout.gradY;
    long gradXs = scratch + layout.gradWindow + shift;
    long xs = scratch + layout.window + shift;
    FloatVector weight = FloatVector.fromMemorySegment(FLOATS, ALL, scratch + weightAt, ORDER);
    FloatVector gradWeight =
        FloatVector.fromMemorySegment(FLOATS, ALL, scratch + gradWeightAt, ORDER);
    for (int t = 0; t < steps; t++) {
      FloatVector gradY = FloatVector.fromMemorySegment(FLOATS, ALL, gradYs + t * V, ORDER);
      FloatVector gradX = FloatVector.fromMemorySegment(FLOATS, ALL, gradXs + t * V, ORDER);
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, xs + t * V, ORDER);
      gradY.fma(weight, gradX).intoMemorySegment(ALL, gradXs + t * V, ORDER);
      gradWeight = gradY.fma(x, gradWeight);
    }
    gradWeight.intoMemorySegment(ALL, scratch + gradWeightAt, ORDER);
  }
}
