package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import org.jspecify.annotations.Nullable;

/** Padding before or behind a sequence changes nothing and gets no gradient. */
final class PaddedEqualsUnpadded implements Property {
  @Override
  public String name() {
    return "padded-equals-unpadded";
  }

  @Override
  public String claim() {
    return "padding on either side changes nothing, forward and backward, and gets no gradient";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofKind(layer, Kind.PADDED);
    return refused != null ? refused : Search.over(Case.STANDARD, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    String left = mismatch(layer, at, true);
    return left != null ? left : mismatch(layer, at, false);
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at, boolean left) {
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
      Rows rows =
          new RandomRows(at.seed()).padded(at.batch() + 1, at.length(), layer.width(), left);
      String mismatch = Alone.mismatch(trial, rows, Rounds.outputGradient(layer, rows, at.seed()));
      return mismatch == null
          ? null
          : "one more row, padded on the %s: %s".formatted(left ? "left" : "right", mismatch);
    }
  }
}
