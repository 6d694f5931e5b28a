package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Weights;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A new layer neither blows up a stream of unit scale nor its gradient, nor does it lose them, and
 * does not with more width: initialisers know their fan-in.
 */
final class InitialScaleSane implements Property {
  private static final double LARGEST = 4;
  // A layer may start as nothing at all, but what comes in must not be lost in rounding.
  private static final double SMALLEST = 1e-6;
  private static final double LARGEST_GROWTH = 1.6;
  private static final int WIDER = 4;

  @Override
  public String name() {
    return "initial-scale-sane";
  }

  @Override
  public String claim() {
    return "a new layer keeps the scale of stream and gradient, whatever the width";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    String mismatch = mismatch(layer, new Case(2, 64, 1));
    return mismatch == null ? Outcome.passed() : Outcome.failed(mismatch);
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    Result narrow = run(layer, at);
    Result wide = run(layer.width(WIDER * layer.width()), at);
    String mismatch = mismatch("output", layer, narrow.output(), wide.output());
    return mismatch != null
        ? mismatch
        : mismatch("gradient of x", layer, narrow.inputGradient(), wide.inputGradient());
  }

  private static @Nullable String mismatch(
      String what, LayerUnderTest layer, double[] narrow, double[] wide) {
    double small = deviation(narrow);
    double large = deviation(wide);
    if (!(small <= LARGEST) || !(large <= LARGEST)) {
      return "the %s of a new layer has a deviation of %.3g at width %d and %.3g at width %d; at most %s was expected"
          .formatted(what, small, layer.width(), large, WIDER * layer.width(), LARGEST);
    }
    if ((small > 0 && small < SMALLEST) || (large > 0 && large < SMALLEST)) {
      return "the %s of a new layer has a deviation of %.3g at width %d and %.3g at width %d; 0 or at least %s was expected"
          .formatted(what, small, layer.width(), large, WIDER * layer.width(), SMALLEST);
    }
    return large > LARGEST_GROWTH * small && large > 0.1
        ? "the %s of a new layer grows with the width: its deviation is %.3g at %d and %.3g at %d"
            .formatted(what, small, layer.width(), large, WIDER * layer.width())
        : null;
  }

  private static Result run(LayerUnderTest layer, Case at) {
    StandaloneLayer built = layer.build();
    Weights weights = Weights.initial(built.parameters(), at.seed());
    Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length(), layer.width());
    try (LayerTrial trial = new LayerTrial(built, weights, layer.setting())) {
      return trial.gradients(rows, Rounds.outputGradient(layer, rows, at.seed()));
    }
  }

  private static double deviation(double[] elements) {
    double mean = Arrays.stream(elements).average().orElse(0);
    double squares = Arrays.stream(elements).map(e -> (e - mean) * (e - mean)).sum();
    return Math.sqrt(squares / Math.max(1, elements.length));
  }
}
