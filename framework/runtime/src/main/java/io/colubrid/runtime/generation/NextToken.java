package io.colubrid.runtime.generation;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Draws the next token where its scores are, so that no step of a generation waits for the host.
 *
 * <p>Scores of tokens seen before are divided by the penalty where positive and multiplied where
 * negative. With weight w = exp((score − best) / temperature), a token may be drawn if fewer than
 * top-k tokens score above it, if those above it hold less than the share top-p of what top-k
 * leaves, and if w ≥ min-p; ties stay together. The tokens that are left are laid side by side in
 * their order, each as wide as its weight, and the draw, in [0, 1), points at one. At temperature 0
 * it is the first of the best. A score that is no number is as good as none.
 *
 * <p>Inputs: scores F32 [vocabulary]; the token I32 [1, 1], overwritten by the one that is drawn,
 * −1 if no score is a number; which tokens were seen U8 [vocabulary], to which it is added; and F32
 * [6]: repetition penalty, temperature, top-k, top-p, min-p, and the draw.
 */
record NextToken() implements Op {
  static final int SCORES = 0;
  static final int TOKEN = 1;
  static final int SEEN = 2;
  static final int SETTINGS = 3;

  static final int PENALTY = 0;
  static final int TEMPERATURE = 1;
  static final int TOP_K = 2;
  static final int TOP_P = 3;
  static final int MIN_P = 4;
  static final int DRAW = 5;
  static final int SETTINGS_COUNT = 6;

  static final TensorType TOKEN_TYPE = TensorType.i32(1, 1);
  static final TensorType SETTINGS_TYPE = TensorType.f32(SETTINGS_COUNT);

  static TensorType seenType(long vocabulary) {
    return new TensorType(DType.U8, Shape.of(vocabulary));
  }

  void apply(Ops ops, Tensor scores, Tensor token, Tensor seen, Tensor settings) {
    ops.apply(this, scores, token, seen, settings);
  }

  @Override
  public String name() {
    return "next-token";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType scores = inputs.get(SCORES);
    if (scores == null || scores.shape().rank() != 1 || !scores.dtype().isFloating()) {
      throw new ShapeException("next-token: needs scores [vocabulary], not " + scores);
    }
    return List.of(TOKEN_TYPE, seenType(scores.shape().dim(0)));
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 0 ? TOKEN : SEEN;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return NextTokenReference.outputs(ops, inputs);
  }

  @Override
  public CpuBody cpuBody() {
    return NextTokenCpu.BODY;
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return NextTokenCuda.BODY;
  }
}
