package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;

/** Documents packed into one row do not see each other. */
final class PackedEqualsSeparate implements Property {
  @Override
  public String name() {
    return "packed-equals-separate";
  }

  @Override
  public String claim() {
    return "documents packed in a row give what they give alone, forward and backward";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofKind(layer, Kind.PACKED);
    return refused != null
        ? refused
        : Search.over(
            Case.STANDARD,
            at -> {
              try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
                Rows rows =
                    new RandomRows(at.seed()).packed(at.batch(), at.length(), layer.width());
                return Alone.mismatch(trial, rows, Rounds.outputGradient(layer, rows, at.seed()));
              }
            });
  }
}
