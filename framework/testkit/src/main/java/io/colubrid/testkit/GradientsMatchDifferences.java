package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the tape derives from the definitions is the derivative, in F64. */
final class GradientsMatchDifferences implements Property {
  private static final List<Case> CASES =
      List.of(new Case(1, 1, 1), new Case(1, 4, 2), new Case(2, 7, 3));

  @Override
  public String name() {
    return "gradients-match-differences";
  }

  @Override
  public String claim() {
    return "gradients of x and of all parameters are those of finite differences, in f64";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    return Search.over(
        CASES,
        at -> {
          for (Rows rows : Rounds.of(layer, at)) {
            String mismatch = mismatch(layer, rows, at);
            if (mismatch != null) {
              return rows.kind() + " rows: " + mismatch;
            }
          }
          return null;
        });
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Rows rows, Case at) {
    double[] outputGradient = Rounds.outputGradient(layer, rows, at.seed());
    try (LayerTrial trial = layer.trial(at.seed(), Setting.EXACT.inTraining())) {
      return new FiniteDifferences(trial, rows, outputGradient).mismatch();
    }
  }
}
