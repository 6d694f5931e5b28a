package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.testkit.trial.LayerSession;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prompts of unequal lengths, padded to one, leave the states that each would leave alone. */
final class PaddedStates implements Property {
  private static final List<Case> CASES =
      List.of(new Case(1, 2, 1), new Case(2, 9, 2), new Case(2, 63, 3));
  private static final int STEPS = 3;

  @Override
  public String name() {
    return "padding-leaves-states";
  }

  @Override
  public String claim() {
    return "sequences go on behind a padded pass as they do behind one of their own";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofStates(layer);
    refused = refused != null ? refused : Refusals.ofKind(layer, Kind.PADDED);
    return refused != null ? refused : Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    String left = mismatch(layer, at, true);
    return left != null ? left : mismatch(layer, at, false);
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at, boolean left) {
    RandomRows random = new RandomRows(at.seed());
    int batch = at.batch() + 1;
    Rows prompt = random.padded(batch, at.length(), layer.width(), left);
    Rows behind = random.dense(batch, STEPS, layer.width());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
      LayerSession session = trial.session(batch, at.length() + STEPS);
      Result first = session.advance(prompt);
      for (Rows.Document document : prompt.documents()) {
        LayerSession alone = trial.session(1, at.length() + STEPS);
        Result single = alone.advance(prompt.alone(document));
        String mismatch =
            Closeness.on(layer.setting())
                .mismatch(
                    "output of row %d, padded on the %s"
                        .formatted(document.row(), left ? "left" : "right"),
                    single.shape(),
                    single.output(),
                    prompt.cut(first.output(), document));
        if (mismatch != null) {
          return mismatch;
        }
      }
      return following(trial, session, prompt, behind, left);
    }
  }

  private static @Nullable String following(
      LayerTrial trial, LayerSession session, Rows prompt, Rows behind, boolean left) {
    List<Rows.Document> documents = prompt.documents();
    List<LayerSession> alone =
        documents.stream().map(d -> trial.session(1, prompt.length() + STEPS)).toList();
    for (int i = 0; i < documents.size(); i++) {
      alone.get(i).advance(prompt.alone(documents.get(i)));
    }
    for (int step = 0; step < STEPS; step++) {
      Rows next = behind.positions(step, step + 1);
      Result together = session.advance(next);
      for (int i = 0; i < documents.size(); i++) {
        Rows.Document row = new Rows.Document(documents.get(i).row(), 0, 1);
        Result single = alone.get(i).advance(next.alone(row));
        String mismatch =
            Closeness.on(trial.setting())
                .mismatch(
                    "step %d behind row %d, padded on the %s"
                        .formatted(step, row.row(), left ? "left" : "right"),
                    single.shape(),
                    single.output(),
                    next.cut(together.output(), row));
        if (mismatch != null) {
          return mismatch;
        }
      }
    }
    return null;
  }
}
