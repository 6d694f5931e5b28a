package io.colubrid.runtime.training;

import io.colubrid.runtime.model.PassObserver;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers what layers add to the objective. The head's loss is a sum over targets that an update
 * divides by their number, so a layer's term, which is a mean, is multiplied by that number first.
 */
final class ObjectiveTerms implements PassObserver {
  private final List<Tensor> terms = new ArrayList<>();

  @Override
  public void loss(String path, Tensor scalar) {
    terms.add(scalar);
  }

  Tensor objective(Head.Loss loss, Ops ops) {
    Tensor objective = loss.sum();
    for (Tensor term : terms) {
      Tensor scaled = ops.multiply(ops.reshape(term, loss.count().shape()), loss.count());
      objective = ops.add(objective, scaled);
    }
    return objective;
  }
}
