package io.colubrid.testkit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All properties that a layer must have. */
public final class Conformance {
  private static final List<Property> PROPERTIES =
      List.of(
          new ShapeAsDeclared(),
          new GradientsMatchDifferences(),
          new BodiesAgree(),
          new Causal(),
          new RowsIndependent(),
          new StepEqualsSequence(),
          new SplitEqualsWhole(),
          new PackedEqualsSeparate(),
          new PaddedEqualsUnpadded(),
          new PaddedStates(),
          new SavedEqualsLoaded(),
          new PoisonUnread(),
          new WritesOnlyItsOwn(),
          new Deterministic(),
          new FlopsCounted(),
          new InitialScaleSane());

  private Conformance() {}

  public static List<Property> properties() {
    return PROPERTIES;
  }

  /** Checks one property; what the layer throws is a failure. */
  public static Outcome check(Property property, LayerUnderTest layer) {
    try {
      return property.check(layer);
    } catch (RuntimeException | AssertionError | LinkageError thrown) {
      return new Outcome.Failed("threw " + thrown, thrown);
    }
  }

  /** Checks all properties, in order. */
  public static Map<Property, Outcome> check(LayerUnderTest layer) {
    Map<Property, Outcome> outcomes = new LinkedHashMap<>();
    PROPERTIES.forEach(property -> outcomes.put(property, check(property, layer)));
    return outcomes;
  }
}
