package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import io.colubrid.testkit.trial.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The bodies for the device, in F32, compute what the definitions compute in F64: outputs, and the
 * gradients that are written by hand. On a GPU the same is asked of BF16, as far as that can tell.
 */
final class BodiesAgree implements Property {
  // The gradient of a softmax cancels out; for a single position what is left may be rounding.
  private static final int FEWEST_GRADIENTS_IN_BF16 = 64;

  /** How often operands are rounded otherwise, to see how far that moves results. */
  private static final int MOVES = 8;

  @Override
  public String name() {
    return "bodies-agree";
  }

  @Override
  public String claim() {
    return "bodies for the device give what the definitions give, forward and in all gradients";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    List<Case> cases = new ArrayList<>(Case.STANDARD);
    // On a GPU bodies choose their ways by sizes, so that other ones are drawn each time.
    int first = layer.setting().isCuda() ? 5 + (int) (System.nanoTime() & 0x3F) : 5;
    RandomRows random = new RandomRows(first + 1);
    for (int seed = first; seed < first + 3; seed++) {
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
    return layer.setting().isCuda()
        ? onGpu(layer, rows, at, exact)
        : onProcessor(layer, rows, at, exact);
  }

  private static @Nullable String onProcessor(
      LayerUnderTest layer, Rows rows, Case at, Result exact) {
    Result fast = run(layer, rows, at, layer.setting().withThreads(2));
    String mismatch = mismatch(rows, exact, fast);
    if (mismatch == null && at.length() < 10) {
      Result slow = run(layer, rows, at, Setting.REFERENCE);
      mismatch = mismatch(rows, exact, slow);
      return mismatch == null ? null : "definitions in f32: " + mismatch;
    }
    return mismatch;
  }

  private static @Nullable String onGpu(LayerUnderTest layer, Rows rows, Case at, Result exact) {
    Setting f32 = layer.setting();
    String mismatch = NormDistance.F32.mismatch(rows, exact, run(layer, rows, at, f32));
    if (mismatch != null) {
      return mismatch;
    }
    // What is rounded before a choice is made may choose otherwise, so both get what is rounded.
    StandaloneLayer built = layer.build();
    Weights weights = Weights.random(built.parameters(), at.seed()).inBf16();
    Rows rounded = rows.inBf16();
    Result expected = run(layer, built, weights, rounded, at, Setting.EXACT);
    Result found = run(layer, built, weights, rounded, at, f32.inBf16());
    mismatch = inBf16(NormDistance.BF16, rows, at, expected, found);
    if (mismatch == null) {
      return null;
    }
    List<Result> moved = new ArrayList<>();
    for (int i = 0; i < MOVES; i++) {
      Random random = new Random(31L * at.seed() + i);
      moved.add(run(layer, built, weights.moved(random), rounded.moved(random), at, Setting.EXACT));
    }
    mismatch = inBf16(NormDistance.BF16.beside(moved), rows, at, expected, found);
    return mismatch == null ? null : "in bf16: " + mismatch;
  }

  private static @Nullable String inBf16(
      NormDistance distance, Rows rows, Case at, Result expected, Result found) {
    return at.batch() * at.length() < FEWEST_GRADIENTS_IN_BF16
        ? distance.outputMismatch(rows, expected, found)
        : distance.mismatch(rows, expected, found);
  }

  private static Result run(
      LayerUnderTest layer,
      StandaloneLayer built,
      Weights weights,
      Rows rows,
      Case at,
      Setting setting) {
    try (LayerTrial trial = new LayerTrial(built, weights, setting.inTraining())) {
      return trial.gradients(rows, Rounds.outputGradient(layer, rows, at.seed()));
    }
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
