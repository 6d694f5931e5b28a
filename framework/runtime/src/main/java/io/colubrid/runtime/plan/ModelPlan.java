package io.colubrid.runtime.plan;

import java.util.List;
import java.util.SortedMap;

/**
 * What a model costs in training at a batch and a length. Bytes are those that the engine hands
 * out; what BLAS, the JVM and a driver take comes on top.
 *
 * @param unit what FLOPs are told for: token, image or row
 * @param batch sequences of a micro-batch
 * @param length tokens of a sequence
 * @param parameters weights, each counted once
 * @param activeParameters weights that one token meets
 * @param flopsPerToken FLOPs of a forward pass over one sequence, divided by its length
 * @param trainingFlopsPerToken the same of a micro-step, forward and backward
 * @param weights bytes of the weights, with their BF16 copies
 * @param gradients bytes of the gradients
 * @param optimizer bytes of the optimizer's slots
 * @param activations bytes of everything temporary at its peak
 * @param inputs bytes of a batch and of what a step tells
 * @param state bytes of the states of one sequence, by its length
 * @param layers the cost of each layer, in order
 */
public record ModelPlan(
    String unit,
    int batch,
    int length,
    long parameters,
    long activeParameters,
    double flopsPerToken,
    double trainingFlopsPerToken,
    long weights,
    long gradients,
    long optimizer,
    long activations,
    long inputs,
    SortedMap<Long, Long> state,
    List<LayerCost> layers) {

  /** The most bytes that are live at once. */
  public long peak() {
    return weights + gradients + optimizer + activations + inputs;
  }
}
