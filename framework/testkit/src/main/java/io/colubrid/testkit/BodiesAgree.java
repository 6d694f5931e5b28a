package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bodies for the CPU, in F32, compute what the definitions compute in F64: outputs, and the
 * gradients that are written by hand.
 */
final class BodiesAgree implements Property {
  @Override
  public String name() {
    return "bodies-agree";
  }

  @Override
  public String claim() {
    return "bodies for the cpu give what the definitions give, forward and in all gradients";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    List<Case> cases = new ArrayList<>(Case.STANDARD);
    RandomRows random = new RandomRows(6);
    for (int seed = 5; seed < 8; seed++) {
      cases.add(1, new Case(1 + random.below(3), 2 + random.below(40), seed));
    }
    return Search.over(
        cases,
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
    Result exact = run(layer, rows, at, Setting.EXACT);
    Result fast = run(layer, rows, at, Setting.CPU.withThreads(2));
    String mismatch = mismatch(rows, exact, fast);
    if (mismatch == null && at.length() < 10) {
      Result slow = run(layer, rows, at, Setting.REFERENCE);
      mismatch = mismatch(rows, exact, slow);
      return mismatch == null ? null : "definitions in f32: " + mismatch;
    }
    return mismatch;
  }

  private static Result run(LayerUnderTest layer, Rows rows, Case at, Setting setting) {
    try (LayerTrial trial = layer.trial(at.seed(), setting.inTraining())) {
      return trial.gradients(rows, Rounds.outputGradient(layer, rows, at.seed()));
    }
  }

  private static @Nullable String mismatch(Rows rows, Result exact, Result fast) {
    Closeness close = Closeness.F32_TO_F64;
    Shape shape = exact.shape();
    String mismatch =
        close.mismatch(
            "output",
            shape,
            rows.withoutPadding(exact.output()),
            rows.withoutPadding(fast.output()));
    if (mismatch == null) {
      mismatch =
          close.mismatch(
              "gradient of x", rows.shape(), exact.inputGradient(), fast.inputGradient());
    }
    return mismatch != null
        ? mismatch
        : close.mismatch(exact.parameterGradients(), fast.parameterGradients());
  }
}
