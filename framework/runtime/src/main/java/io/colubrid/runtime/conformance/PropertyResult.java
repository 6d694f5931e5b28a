package io.colubrid.runtime.conformance;

/**
 * A property and what came of checking it.
 *
 * @param property its name, such as {@code step-equals-sequence}
 * @param claim what has to hold, as a sentence
 */
public record PropertyResult(String property, String claim, Outcome outcome) {
  public boolean failed() {
    return outcome instanceof Outcome.Failed;
  }
}
