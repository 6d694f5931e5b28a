package io.colubrid.runtime.builtin;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;

/** The norm between the last block and the scores; its parameters are {@code norm.*}. */
interface FinalNorm {
  Tensor normalize(Tensor hidden, Pass pass);

  /** The norm, shown to observers as {@code final_norm}. */
  default Tensor apply(Tensor hidden, Pass pass) {
    Tensor normed = normalize(hidden, pass);
    pass.tap("final_norm", normed);
    return normed;
  }

  static FinalNorm create(NormKind kind, BuildContext context, double epsilon) {
    long width = context.input().width();
    return switch (kind) {
      case RMS -> {
        RmsNorm norm = new RmsNorm(context, "norm", width, epsilon);
        yield (hidden, pass) ->
            norm.add(pass.ops(), hidden, null, pass.ops().activation()).normed();
      }
      case LAYER -> {
        LayerNorm norm = new LayerNorm(context, "norm", width, epsilon);
        yield (hidden, pass) ->
            norm.add(pass.ops(), hidden, null, pass.ops().activation()).normed();
      }
      case NONE -> (hidden, pass) -> hidden;
    };
  }
}
