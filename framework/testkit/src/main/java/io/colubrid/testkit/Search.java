package io.colubrid.testkit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for the smallest case that contradicts a property. */
final class Search {
  private static final int MOST_TRIES = 30;

  private Search() {}

  /** A property at one case. */
  @FunctionalInterface
  interface Trial {
    /** What is wrong, or null. */
    @Nullable String mismatch(Case at);
  }

  static Outcome over(List<Case> cases, Trial trial) {
    for (Case at : cases) {
      Outcome outcome = attempt(at, trial);
      if (outcome instanceof Outcome.Failed) {
        return smallest(at, trial, outcome);
      }
    }
    return Outcome.passed();
  }

  private static Outcome smallest(Case failing, Trial trial, Outcome known) {
    return failing.smaller().stream()
        .limit(MOST_TRIES)
        .map(at -> attempt(at, trial))
        .filter(Outcome.Failed.class::isInstance)
        .findFirst()
        .orElse(known);
  }

  // A layer that throws has not got the property; what it threw is kept as the cause.
  private static Outcome attempt(Case at, Trial trial) {
    try {
      String mismatch = trial.mismatch(at);
      return mismatch == null ? Outcome.passed() : Outcome.failed(at + ": " + mismatch);
    } catch (RuntimeException | AssertionError | LinkageError thrown) {
      return new Outcome.Failed(at + ": threw " + thrown, thrown);
    }
  }
}
