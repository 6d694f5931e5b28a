package io.colubrid.testkit;

import io.colubrid.testkit.trial.InputGuard;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** No operation writes to what it reads, unless it says that it works in place. */
final class InputsUntouched implements Property {
  private static final List<Case> CASES = List.of(new Case(1, 1, 1), new Case(3, 33, 2));

  @Override
  public String name() {
    return "inputs-untouched";
  }

  @Override
  public String claim() {
    return "operations leave their inputs and the parameters as they were";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    return Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    for (Rows rows : Rounds.of(layer, at)) {
      try (LayerTrial trial = layer.trial(at.seed(), Setting.CPU.inTraining())) {
        LayerPass pass = trial.differentiatedPass(rows);
        pass.outputGradient(Rounds.outputGradient(layer, rows, at.seed()));
        pass.run(rows, new InputGuard());
      } catch (InputGuard.InputChangedException changed) {
        return rows.kind() + " rows: " + changed.getMessage();
      }
    }
    return null;
  }
}
