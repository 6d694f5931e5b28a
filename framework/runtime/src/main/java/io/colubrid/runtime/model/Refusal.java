package io.colubrid.runtime.model;

import io.colubrid.runtime.config.Problem;

/**
 * Why a layer cannot do what is asked of its model.
 *
 * @param layer the layer, at its place
 * @param reason a sentence for the composer
 */
public record Refusal(LayerNode layer, String reason) {

  /** The same, with what to do about it. */
  public Refusal with(String advice) {
    return new Refusal(layer, reason + advice);
  }

  /** The reason with the file and line of the layer. */
  public Problem problem() {
    return layer.problem(reason);
  }

  /** The reason behind the layer's path in the model. */
  @Override
  public String toString() {
    return layer.path() + ": " + reason;
  }
}
