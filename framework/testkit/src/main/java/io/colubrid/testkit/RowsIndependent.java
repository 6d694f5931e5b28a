package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import java.util.List;

/**
 * A row of a batch is computed as if it were alone; while training, unless the traits couple rows.
 */
final class RowsIndependent implements Property {
  private static final List<Case> CASES =
      List.of(
          new Case(2, 1, 1),
          new Case(3, 7, 2),
          new Case(2, 63, 3),
          new Case(3, 100, 4),
          new Case(2, 257, 5));

  @Override
  public String name() {
    return "rows-independent";
  }

  @Override
  public String claim() {
    return "a row of a batch gives what it gives alone, forward and backward";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    return Search.over(
        CASES,
        at -> {
          try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
            Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length(), layer.width());
            return Alone.mismatch(trial, rows, Rounds.outputGradient(layer, rows, at.seed()));
          }
        });
  }
}
