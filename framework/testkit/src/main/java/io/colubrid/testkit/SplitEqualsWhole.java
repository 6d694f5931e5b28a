package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import io.colubrid.testkit.trial.RandomRows;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A sequence cut anywhere, its states carried across the cuts, gives what it gives in one pass. */
final class SplitEqualsWhole implements Property {
  private static final List<Case> CASES =
      List.of(
          new Case(1, 2, 1),
          new Case(2, 5, 2),
          new Case(2, 63, 3),
          new Case(3, 100, 4),
          new Case(1, 257, 5));

  @Override
  public String name() {
    return "split-equals-whole";
  }

  @Override
  public String claim() {
    return "a sequence cut at random points gives what it gives in one pass";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofStates(layer);
    return refused != null ? refused : Search.over(CASES, at -> mismatch(layer, at));
  }

  private static @Nullable String mismatch(LayerUnderTest layer, Case at) {
    RandomRows random = new RandomRows(at.seed());
    for (int cuts = 0; cuts <= 4; cuts++) {
      int[] points =
          IntStream.generate(() -> 1 + random.below(Math.max(1, at.length() - 1)))
              .limit(Math.min(cuts, at.length() - 1))
              .distinct()
              .sorted()
              .toArray();
      String mismatch = Pieces.mismatch(layer, at, points);
      if (mismatch != null) {
        return "cut at " + Arrays.toString(points) + ": " + mismatch;
      }
    }
    return null;
  }
}
