package io.colubrid.testkit;

import org.jspecify.annotations.Nullable;

/** What came of checking a property. */
public sealed interface Outcome {
  /** The layer has the property. */
  record Passed() implements Outcome {}

  /**
   * The layer has not got the property.
   *
   * @param message the smallest failing case found, the worst place and its values
   * @param cause what the layer threw, or null
   */
  record Failed(String message, @Nullable Throwable cause) implements Outcome {}

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
    return new Failed(message, null);
  }

  static Outcome unsupported(String reason) {
    return new Unsupported(reason);
  }
}
