package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerSession;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.Poison;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** No operation reads memory that nobody has written, or leaves a part of its outputs unwritten. */
final class PoisonUnread implements Property {
  private static final List<Case> CASES =
      List.of(new Case(1, 1, 1), new Case(3, 9, 2), new Case(2, 100, 3));

  @Override
  public String name() {
    return "poison-unread";
  }

  @Override
  public String claim() {
    return "buffers full of NaN where nothing was written change no bit";
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
        Result clean = pass.run(rows);
        Result poisoned = pass.run(rows, new Poison(pass));
        String mismatch = SameBits.mismatch(rows, clean, poisoned);
        if (mismatch != null) {
          return rows.kind() + " rows: " + mismatch;
        }
      }
    }
    return Refusals.ofStates(layer) == null ? advancing(layer, at) : null;
  }

  private static @Nullable String advancing(LayerUnderTest layer, Case at) {
    Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length() + 1, layer.width());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
      LayerSession clean = trial.session(at.batch(), at.length() + 1);
      LayerSession poisoned = trial.session(at.batch(), at.length() + 1);
      int[] ends = {at.length(), at.length() + 1};
      int from = 0;
      for (int to : ends) {
        Rows piece = rows.positions(from, to);
        String mismatch =
            SameBits.mismatch(piece, clean.advance(piece), poisoned.advancePoisoned(piece));
        if (mismatch != null) {
          return "with states, positions %d to %d: %s".formatted(from, to, mismatch);
        }
        from = to;
      }
      return null;
    }
  }
}
