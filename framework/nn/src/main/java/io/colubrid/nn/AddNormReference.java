package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link AddNorm}. */
final class AddNormReference {
  private AddNormReference() {}

  static List<Tensor> outputs(AddNorm norm, Ops ops, List<@Nullable Tensor> inputs) {
    Tensor stream = requireNonNull(inputs.get(AddNorm.STREAM));
    Tensor branch = inputs.get(AddNorm.BRANCH);
    Tensor sum = branch == null ? stream : ops.add(stream, ops.cast(branch, stream.dtype()));
    DType compute = stream.dtype() == DType.BF16 ? DType.F32 : stream.dtype();
    Tensor wide = ops.cast(sum, compute);
    Tensor y =
        norm.centred()
            ? ops.layerNorm(wide, null, null, norm.epsilon())
            : ops.rmsNorm(wide, null, norm.epsilon());
    Tensor weight = inputs.get(AddNorm.WEIGHT);
    Tensor bias = inputs.get(AddNorm.BIAS);
    y = weight == null ? y : ops.multiply(y, weight);
    y = bias == null ? y : ops.add(y, bias);
    Tensor out = ops.cast(y, compute == DType.F64 ? DType.F64 : norm.normed());
    return branch == null ? List.of(out) : List.of(out, sum);
  }
}
