package io.colubrid.runtime.builtin;

import io.colubrid.nn.LayerNorm;
import io.colubrid.nn.RmsNorm;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The norm between the last block and the scores; its parameters are {@code norm.*}. */
interface FinalNorm {
  /**
   * @param branch that is added to the stream first, or null for nothing
   */
  Tensor normalize(Tensor stream, @Nullable Tensor branch, Pass pass);

  default Tensor apply(Tensor hidden, Pass pass) {
    return apply(hidden, null, pass);
  }

  /** The norm, shown to observers as {@code final_norm}. */
  default Tensor apply(Tensor stream, @Nullable Tensor branch, Pass pass) {
    Tensor normed = normalize(stream, branch, pass);
    pass.tap("final_norm", normed);
    return normed;
  }

  static FinalNorm create(NormKind kind, BuildContext context, double epsilon) {
    long width = context.input().width();
    return switch (kind) {
      case RMS -> {
        RmsNorm norm = new RmsNorm(context, "norm", width, epsilon);
        yield (stream, branch, pass) ->
            norm.add(pass.ops(), stream, branch, pass.ops().activation()).normed();
      }
      case LAYER -> {
        LayerNorm norm = new LayerNorm(context, "norm", width, epsilon);
        yield (stream, branch, pass) ->
            norm.add(pass.ops(), stream, branch, pass.ops().activation()).normed();
      }
      case NONE ->
          (stream, branch, pass) -> branch == null ? stream : pass.ops().add(stream, branch);
    };
  }
}
