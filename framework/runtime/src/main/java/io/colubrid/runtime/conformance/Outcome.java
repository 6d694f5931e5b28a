package io.colubrid.runtime.conformance;

import org.jspecify.annotations.Nullable;

/** What came of checking a property. */
public sealed interface Outcome {
  /** The layer has the property. */
  record Passed() implements Outcome {}

  /**
   * The layer has not got the property.
   *
   * @param smallestCase the smallest sizes found to show it, such as {@code batch 1, length 2};
   *     empty where the property has sizes of its own
   * @param message the worst place, with what was expected there and what was found
   * @param cause what the layer threw, or null
   */
  record Failed(String smallestCase, String message, @Nullable Throwable cause) implements Outcome {
    /** All of it in one sentence. */
    public String told() {
      return smallestCase.isEmpty() ? message : smallestCase + ": " + message;
    }
  }

  /**
   * The layer's traits say that it does not promise the property, and the runtime refuses what
   * would need it.
   *
   * @param reason the refusal
   */
  record Unsupported(String reason) implements Outcome {}

  static Outcome passed() {
    return new Passed();
  }

  static Outcome failed(String message) {
    return new Failed("", message, null);
  }

  static Outcome unsupported(String reason) {
    return new Unsupported(reason);
  }
}
