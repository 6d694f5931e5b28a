package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.trial.BodyCall;
import io.colubrid.testkit.trial.OffHeap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A recurrence to be tried.
 *
 * @param segments [batch·length], or null
 */
record SsdCase(
    int batch,
    int length,
    int heads,
    int headDim,
    int groups,
    int states,
    double minStep,
    double maxStep,
    int[] segments) {

  static SsdCase of(int batch, int length, int heads, int headDim, int groups, int states) {
    return new SsdCase(
        batch, length, heads, headDim, groups, states, 0, Double.POSITIVE_INFINITY, null);
  }

  SsdCase packed(int... documents) {
    return new SsdCase(batch, length, heads, headDim, groups, states, minStep, maxStep, documents);
  }

  SsdCase bounded(double min, double max) {
    return new SsdCase(batch, length, heads, headDim, groups, states, min, max, segments);
  }

  SsdCase withLength(int other) {
    return new SsdCase(batch, other, heads, headDim, groups, states, minStep, maxStep, null);
  }

  int width() {
    return heads * headDim + 2 * groups * states;
  }

  int segment(int row, int t) {
    return segments == null ? 0 : segments[row * length + t];
  }

  Ssd op(int chunk) {
    return new Ssd(groups, states, chunk, minStep, maxStep);
  }

  List<TensorType> types() {
    return Arrays.asList(
        TensorType.f32(batch, length, width()),
        TensorType.f32(batch, length, heads),
        TensorType.f32(heads),
        TensorType.f32(heads),
        TensorType.f32(heads),
        TensorType.f32(batch, heads, headDim, states),
        segments == null ? null : TensorType.i32(batch, length));
  }

  BodyCall call(int chunk, float[][] inputs, boolean saves, int threads) {
    List<MemorySegment> operands = new ArrayList<>();
    for (float[] input : inputs) {
      operands.add(OffHeap.floats(input));
    }
    operands.add(segments == null ? null : OffHeap.ints(segments));
    return new BodyCall(op(chunk), types(), operands, saves, threads);
  }

  /** Random operands; aLog and deltaBias as a model starts with them. */
  float[][] inputs(SplittableRandom random) {
    float[][] inputs = new float[6][];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = new float[(int) types().get(i).shape().elements()];
      for (int j = 0; j < inputs[i].length; j++) {
        inputs[i][j] = (float) random.nextGaussian();
      }
    }
    for (int head = 0; head < heads; head++) {
      inputs[Ssd.A_LOG][head] = (float) Math.log(1 + 15 * random.nextDouble());
      inputs[Ssd.DELTA_BIAS][head] = (float) random.nextDouble(-6, -1);
    }
    return inputs;
  }
}
