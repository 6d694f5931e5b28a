package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.LayerPass;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import io.colubrid.testkit.trial.Setting;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same seed, rows and number of threads give the same bits; other numbers of threads, nearly.
 */
final class Deterministic implements Property {
  private static final List<Case> CASES =
      List.of(new Case(1, 1, 1), new Case(3, 100, 2), new Case(2, 257, 3));

  // Loops are compiled on the way, and must not change their bits when they are.
  private static final int REPEATED_LENGTH = 33;
  private static final int REPETITIONS = 150;

  @Override
  public String name() {
    return "deterministic";
  }

  @Override
  public String claim() {
    return "two runs on as many threads give the same bits, forward and backward";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome repeated =
        Search.over(List.of(new Case(1, REPEATED_LENGTH, 4)), at -> repeated(layer, at));
    return repeated instanceof Outcome.Failed
        ? repeated
        : Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String repeated(LayerUnderTest layer, Case at) {
    Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length(), layer.width());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting().inTraining())) {
      LayerPass pass = trial.differentiatedPass(rows);
      pass.outputGradient(Rounds.outputGradient(layer, rows, at.seed()));
      Result first = pass.run(rows);
      for (int run = 2; run <= REPETITIONS; run++) {
        String mismatch = SameBits.mismatch(rows, first, pass.run(rows));
        if (mismatch != null) {
          return "run %d of the same pass: %s".formatted(run, mismatch);
        }
      }
      return null;
    }
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    Rows rows = new RandomRows(at.seed()).dense(at.batch(), at.length(), layer.width());
    List<Result> firsts = new ArrayList<>();
    for (int threads = 1; threads <= 2; threads++) {
      List<Result> runs = new ArrayList<>(runs(layer, rows, at, threads));
      runs.addAll(runs(layer, rows, at, threads));
      for (Result run : runs) {
        String mismatch = SameBits.mismatch(rows, runs.getFirst(), run);
        if (mismatch != null) {
          return "run again on %d threads: %s".formatted(threads, mismatch);
        }
      }
      firsts.add(runs.getFirst());
    }
    String mismatch =
        SameBits.mismatch(Closeness.on(layer.setting()), rows, firsts.getFirst(), firsts.getLast());
    return mismatch == null ? null : "on 1 thread and on 2: " + mismatch;
  }

  private static List<Result> runs(LayerUnderTest layer, Rows rows, Case at, int threads) {
    Setting setting = layer.setting().inTraining().withThreads(threads);
    try (LayerTrial trial = layer.trial(at.seed(), setting)) {
      LayerPass pass = trial.differentiatedPass(rows);
      pass.outputGradient(Rounds.outputGradient(layer, rows, at.seed()));
      return List.of(pass.run(rows), pass.run(rows));
    }
  }
}
