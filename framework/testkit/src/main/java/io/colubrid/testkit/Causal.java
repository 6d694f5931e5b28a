package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What comes later changes nothing before it, and gets no gradient from there. */
final class Causal implements Property {
  private static final List<Case> CASES =
      List.of(
          new Case(1, 2, 1),
          new Case(2, 7, 2),
          new Case(2, 63, 3),
          new Case(3, 100, 4),
          new Case(1, 257, 5));

  // Products of rows that are grouped by what stands in them may round otherwise; a leak is larger.
  private static final Closeness CLOSE = new Closeness(2e-6);

  @Override
  public String name() {
    return "causal";
  }

  @Override
  public String claim() {
    return "other values at later positions change nothing before them";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofCausality(layer);
    return refused != null ? refused : Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    RandomRows random = new RandomRows(at.seed());
    Rows rows = random.dense(at.batch(), at.length(), layer.width());
    double[] outputGradient = Rounds.outputGradient(layer, rows, at.seed());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
      for (int round = 0; round < 3 && at.length() > 1; round++) {
        int cut = 1 + random.below(at.length() - 1);
        Rows other = changedFrom(rows, cut, random);
        double[] early = until(outputGradient, at, cut);
        Result before = trial.gradients(rows, early);
        Result after = trial.gradients(other, early);
        String mismatch = mismatch(before, after, at, cut);
        if (mismatch != null) {
          return "changed from position " + cut + " on: " + mismatch;
        }
      }
      return null;
    }
  }

  private static @Nullable String mismatch(Result before, Result after, Case at, int cut) {
    String output =
        CLOSE.mismatch(
            "output",
            before.shape(),
            until(before.output(), at, cut),
            until(after.output(), at, cut));
    double[] dx = before.inputGradient();
    return output != null
        ? output
        : CLOSE.mismatch(
            "gradient of x (zero behind the last output asked for)",
            before.shape().with(-1, dx.length / (at.batch() * at.length())),
            until(dx, at, cut),
            dx);
  }

  private static Rows changedFrom(Rows rows, int cut, RandomRows random) {
    double[] x = rows.x().clone();
    double[] other = random.normal(x.length);
    for (int i = 0; i < x.length; i++) {
      int position = i / rows.width() % rows.length();
      x[i] = position < cut ? x[i] : 3 * other[i];
    }
    return rows.with(x);
  }

  /** Elements [batch, length, features] with those from a position on set to zero. */
  private static double[] until(double[] elements, Case at, int cut) {
    double[] masked = elements.clone();
    int features = elements.length / (at.batch() * at.length());
    for (int i = 0; i < masked.length; i++) {
      masked[i] = i / features % at.length() < cut ? masked[i] : 0;
    }
    return masked;
  }
}
