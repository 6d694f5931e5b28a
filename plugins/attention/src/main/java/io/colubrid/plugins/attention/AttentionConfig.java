package io.colubrid.plugins.attention;

import io.colubrid.spi.config.Positive;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.OptionalLong;

/**
 * Keys of the layer {@code attention}; reference.conf says what they mean.
 *
 * @param heads heads of queries
 * @param kvHeads heads of keys and values; absent for as many
 * @param headDim features of a head; absent for d-model / heads
 * @param causal whether a position sees itself and earlier ones only
 * @param window how many positions a position sees; absent for all
 * @param positions how positions are told apart
 * @param rotary used where positions are rotary
 * @param qkNorm whether queries and keys are normed
 * @param epsilon of that norm
 * @param qkvBias whether queries, keys and values have biases
 * @param bias whether the output has one
 * @param dropout share of the output's elements that training sets to zero
 */
public record AttentionConfig(
    @Positive long heads,
    @Positive OptionalLong kvHeads,
    @Positive OptionalLong headDim,
    boolean causal,
    @Positive OptionalLong window,
    Positions positions,
    RotaryConfig rotary,
    boolean qkNorm,
    @Positive double epsilon,
    boolean qkvBias,
    boolean bias,
    double dropout) {

  /** How positions are told apart. */
  public enum Positions {
    ROTARY,
    NONE
  }

  public AttentionConfig {
    if (heads % kvHeads.orElse(heads) != 0) {
      throw new InvalidLayerException(
          "kv-heads",
          "heads "
              + heads
              + " is not divisible by kv-heads "
              + kvHeads.getAsLong()
              + "; each head of keys is shared by the same number of heads of queries");
    }
    if (window.isPresent() && !causal) {
      throw new InvalidLayerException(
          "window", "a window looks backwards, so it needs causal = true; remove one of the two");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new InvalidLayerException(
          "dropout", "must be at least 0 and less than 1, found " + dropout);
    }
  }

  long keyHeads() {
    return kvHeads.orElse(heads);
  }

  AttentionMask mask() {
    return new AttentionMask(causal, window.orElse(AttentionMask.UNBOUNDED));
  }

  /**
   * Features of a head where the stream has a width.
   *
   * @throws InvalidLayerException if heads do not divide the width, or the features are too odd
   */
  long headDimFor(long width) {
    if (headDim.isEmpty() && width % heads != 0) {
      throw new InvalidLayerException(
          "heads",
          "d-model %d is not divisible by heads %d; change one of them, or set head-dim"
              .formatted(width, heads));
    }
    long features = headDim.orElseGet(() -> width / heads);
    if (positions == Positions.ROTARY && features % 2 != 0) {
      throw new InvalidLayerException(
          headDim.isPresent() ? "head-dim" : "heads",
          "rotary positions turn pairs of features, but a head has %d; make that even, or set positions = none"
              .formatted(features));
    }
    return features;
  }
}
