package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Sequences;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a layer's traits say it cannot do. A property that rests on it is not asked for; instead a
 * model of the layer must refuse, in the layer's own words, before anything runs.
 */
final class Refusals {
  private Refusals() {}

  /** The outcome where the layer carries no states, or null if it does. */
  static @Nullable Outcome ofStates(LayerUnderTest layer) {
    LayerTraits traits = layer.traits();
    if (traits.causal() && traits.stateful()) {
      return null;
    }
    return stated(layer.model().generationRefusal(), "generating", "");
  }

  /** The outcome where a position may depend on later ones, or null if it must not. */
  static @Nullable Outcome ofCausality(LayerUnderTest layer) {
    return layer.traits().causal()
        ? null
        : stated(layer.model().generationRefusal(), "generating", "is not causal");
  }

  /** The outcome where the layer refuses a kind of rows, or null if it takes them. */
  static @Nullable Outcome ofKind(LayerUnderTest layer, Sequences.Kind kind) {
    String reason = layer.traits().refused().get(kind);
    return reason == null ? null : stated(layer.model().refusal(kind), kind + " rows", reason);
  }

  private static Outcome stated(Optional<String> refusal, String what, String words) {
    String sentence = refusal.orElse("");
    boolean names = sentence.startsWith(StandaloneLayer.PATH);
    return names
            && sentence.contains(words)
            && sentence.length() > StandaloneLayer.PATH.length() + 2
        ? Outcome.unsupported(sentence)
        : Outcome.failed(
            "the traits refuse %s, so a model of the layer must refuse too, with a sentence that names %s and says '%s'; found '%s'"
                .formatted(what, StandaloneLayer.PATH, words, sentence));
  }
}
