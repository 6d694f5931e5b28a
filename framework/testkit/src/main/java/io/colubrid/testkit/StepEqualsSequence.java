package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
import java.util.stream.IntStream;

/** A sequence taken position by position gives what it gives in one pass. */
final class StepEqualsSequence implements Property {
  @Override
  public String name() {
    return "step-equals-sequence";
  }

  @Override
  public String claim() {
    return "passes of length 1 with states give what one pass without states gives";
  }

  @Override
  public Outcome check(LayerUnderTest layer) {
    Outcome refused = Refusals.ofStates(layer);
    return refused != null
        ? refused
        : Search.over(
            Case.STANDARD,
            at -> Pieces.mismatch(layer, at, IntStream.range(1, at.length()).toArray()));
  }
}
