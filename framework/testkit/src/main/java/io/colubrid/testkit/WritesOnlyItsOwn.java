package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.WriteGuard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** No operation writes to what it reads or to what is not its own, unless it works in place. */
final class WritesOnlyItsOwn implements Property {
  private static final List<Case> CASES = List.of(new Case(1, 1, 1), new Case(3, 33, 2));

  @Override
  public String name() {
    return "writes-only-its-own";
  }

  @Override
  public String claim() {
    return "operations write to their outputs and scratch memory and nowhere else";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    return Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    for (Rows rows : Rounds.of(layer, at)) {
      try (LayerTrial trial = layer.trial(at.seed(), layer.setting().inTraining())) {
        LayerPass pass = trial.differentiatedPass(rows);
        pass.outputGradient(Rounds.outputGradient(layer, rows, at.seed()));
        pass.run(rows, new WriteGuard(pass));
      } catch (WriteGuard.StrayWriteException stray) {
        return rows.kind() + " rows: " + stray.getMessage();
      }
    }
    return null;
  }
}
