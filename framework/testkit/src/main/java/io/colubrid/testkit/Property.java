package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;

/** Something that must hold for every layer, unless its traits declare otherwise. */
public interface Property {
  /** Its name in kebab case, such as {@code step-equals-sequence}. */
  String name();

  /** What holds, as a sentence. */
  String claim();

  /** Looks for a counterexample. */
  Outcome check(LayerUnderTest layer);
}
