package io.colubrid.spi.layer;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a layer declares beside its parameters when the model is built. Everything is supported
 * unless it is refused here, and then it is refused before anything runs.
 *
 * @param alone whether a position depends on itself alone
 * @param causal whether a position depends on itself and earlier positions only
 * @param batchCoupled whether a row of a batch can depend on other rows while training
 * @param stateful whether the layer can carry states; one that looks at single positions can, with
 *     none
 * @param states the states it carries
 * @param refused what it does not support, with the reason as a sentence for the composer
 */
public record LayerTraits(
    boolean alone,
    boolean causal,
    boolean batchCoupled,
    boolean stateful,
    List<StateSpec> states,
    Map<Sequences.Kind, String> refused) {

  public LayerTraits {
    states = List.copyOf(states);
    refused = Map.copyOf(refused);
  }

  /** A layer whose positions do not see each other, such as an MLP. */
  public static LayerTraits pointwise() {
    return new LayerTraits(true, true, false, true, List.of(), Map.of());
  }

  /** A causal layer that carries the given states. */
  public static LayerTraits causal(StateSpec... states) {
    return new LayerTraits(false, true, false, true, List.of(states), Map.of());
  }

  /** A layer that sees the whole sequence at once and cannot generate. */
  public static LayerTraits nonCausal() {
    return new LayerTraits(false, false, false, false, List.of(), Map.of());
  }

  /** These traits without states: the layer needs the whole sequence in one pass. */
  public LayerTraits withoutState() {
    return new LayerTraits(alone, causal, batchCoupled, false, List.of(), refused);
  }

  public LayerTraits withBatchCoupled() {
    return new LayerTraits(alone, causal, true, stateful, states, refused);
  }

  /** These traits with a kind of sequences refused. */
  public LayerTraits refusing(Sequences.Kind kind, String reason) {
    Map<Sequences.Kind, String> more = new EnumMap<>(Sequences.Kind.class);
    more.putAll(refused);
    more.put(kind, reason);
    return new LayerTraits(alone, causal, batchCoupled, stateful, states, more);
  }
}
