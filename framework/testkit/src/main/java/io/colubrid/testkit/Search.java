package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks for the smallest case that contradicts a property. */
final class Search {
  private static final List<Integer> LENGTHS =
      List.of(1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129);

  private final Trial trial;
  private final boolean throwing;
  private Case smallest;
  private Outcome.Failed found;

  private Search(Trial trial, Case failing, Outcome.Failed found) {
    this.trial = trial;
    this.throwing = found.cause() != null;
    this.smallest = failing;
    this.found = found;
  }

  /** A property at one case. */
  @FunctionalInterface
  interface Trial {
    /** What is wrong, or null. */
    @Nullable String mismatch(Case at);
  }

  static Outcome over(List<Case> cases, Trial trial) {
    for (Case at : cases) {
      if (attempt(at, trial) instanceof Outcome.Failed failed) {
        return new Search(trial, at, failed).smallest();
      }
    }
    return Outcome.passed();
  }

  /** Fewer rows first, since they make the shorter lengths quick to try. */
  private Outcome smallest() {
    shrinkRows();
    shrinkLength();
    for (long seed = 1; seed < smallest.seed(); seed++) {
      if (fails(new Case(smallest.batch(), smallest.length(), seed))) {
        break;
      }
    }
    return found;
  }

  private void shrinkRows() {
    for (int rows = 1; rows < smallest.batch(); rows++) {
      if (fails(new Case(rows, smallest.length(), smallest.seed()))) {
        return;
      }
    }
  }

  private void shrinkLength() {
    int passing = 0;
    for (int shorter : LENGTHS) {
      if (shorter >= smallest.length() || fails(ofLength(shorter))) {
        break;
      }
      passing = shorter;
    }
    while (smallest.length() - passing > 1) {
      int middle = (passing + smallest.length()) / 2;
      if (!fails(ofLength(middle))) {
        passing = middle;
      }
    }
  }

  private Case ofLength(int length) {
    return new Case(smallest.batch(), length, smallest.seed());
  }

  /** Keeps a case that fails as the first one did, by what it throws or by what it computes. */
  private boolean fails(Case at) {
    if (attempt(at, trial) instanceof Outcome.Failed failed
        && (failed.cause() != null) == throwing) {
      smallest = at;
      found = failed;
      return true;
    }
    return false;
  }

  // A layer that throws has not got the property; what it threw is kept as the cause.
  private static Outcome attempt(Case at, Trial trial) {
    try {
      String mismatch = trial.mismatch(at);
      return mismatch == null
          ? Outcome.passed()
          : new Outcome.Failed(at.toString(), mismatch, null);
    } catch (RuntimeException | AssertionError | LinkageError thrown) {
      return new Outcome.Failed(at.toString(), "threw " + thrown, thrown);
    }
  }
}
