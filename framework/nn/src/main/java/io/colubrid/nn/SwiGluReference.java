package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link SwiGlu}. */
final class SwiGluReference {
  private SwiGluReference() {}

  static List<Tensor> outputs(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor gate = requireNonNull(inputs.get(SwiGlu.GATE));
    Tensor up = requireNonNull(inputs.get(SwiGlu.UP));
    return List.of(ops.multiply(ops.silu(gate), up));
  }
}
