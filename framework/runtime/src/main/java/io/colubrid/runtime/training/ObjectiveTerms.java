package io.colubrid.runtime.training;

import io.colubrid.runtime.model.PassObserver;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers what layers add to the objective and report of themselves. The head's loss is a sum over
 * targets that an update divides by their number, so a layer's term, which is a mean, is multiplied
 * by that number first.
 */
final class ObjectiveTerms implements PassObserver {
  private final List<Tensor> terms = new ArrayList<>();
  private final LayerMetrics metrics;

  ObjectiveTerms(LayerMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void loss(String path, Tensor scalar) {
    terms.add(scalar);
    metrics.add(path, scalar);
  }

  @Override
  public void metric(String path, Tensor figure) {
    metrics.add(path, figure);
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
