package io.colubrid.testkit.trial;

import io.colubrid.runtime.model.PassObserver;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Gathers what a layer adds to the objective. */
final class ObjectiveTerms implements PassObserver {
  private final List<Tensor> terms = new ArrayList<>();

  @Override
  public void loss(String path, Tensor scalar) {
    terms.add(scalar);
  }

  Tensor sum(Ops ops) {
    DType dtype = terms.isEmpty() ? DType.F32 : terms.getFirst().dtype();
    Tensor sum = ops.constant(dtype, Shape.scalar(), 0);
    for (Tensor term : terms) {
      sum = ops.add(sum, ops.reshape(term, Shape.scalar()));
    }
    return sum;
  }
}
