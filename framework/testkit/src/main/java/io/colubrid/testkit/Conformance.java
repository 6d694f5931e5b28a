package io.colubrid.testkit;

import io.colubrid.runtime.conformance.Outcome;
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

  // Not 1: a norm over one feature leaves nothing of it.
  private static final int[] NARROW = {2, 4, 8};

  private Conformance() {}

  public static List<Property> properties() {
    return PROPERTIES;
  }

  /**
   * Checks one property; what the layer throws is a failure. A failure is told at the smallest
   * width that the layer takes and shows it at.
   */
  public static Outcome check(Property property, LayerUnderTest layer) {
    Outcome outcome = attempt(property, layer);
    return outcome instanceof Outcome.Failed failed ? narrowest(property, layer, failed) : outcome;
  }

  private static Outcome attempt(Property property, LayerUnderTest layer) {
    try {
      return property.check(layer);
    } catch (RuntimeException | AssertionError | LinkageError thrown) {
      return new Outcome.Failed("", "threw " + thrown, thrown);
    }
  }

  /** Checks all properties, in order. */
  public static Map<Property, Outcome> check(LayerUnderTest layer) {
    Map<Property, Outcome> outcomes = new LinkedHashMap<>();
    PROPERTIES.forEach(property -> outcomes.put(property, check(property, layer)));
    return outcomes;
  }

  private static Outcome narrowest(Property property, LayerUnderTest layer, Outcome.Failed failed) {
    if (failed.smallestCase().isEmpty()) {
      return failed;
    }
    for (int width : NARROW) {
      LayerUnderTest narrow = layer.width(width);
      if (width < layer.width()
          && takes(narrow)
          && attempt(property, narrow) instanceof Outcome.Failed again
          && alike(failed, again)) {
        return at(again, width);
      }
    }
    return at(failed, layer.width());
  }

  private static boolean takes(LayerUnderTest layer) {
    try {
      layer.build();
      return true;
    } catch (RuntimeException refused) {
      return false;
    }
  }

  private static boolean alike(Outcome.Failed one, Outcome.Failed other) {
    Throwable first = one.cause();
    Throwable second = other.cause();
    return first == null || second == null
        ? first == null && second == null && !other.smallestCase().isEmpty()
        : first.getClass() == second.getClass();
  }

  private static Outcome.Failed at(Outcome.Failed failed, int width) {
    String place = failed.smallestCase().replace(", seed", ", width " + width + ", seed");
    return new Outcome.Failed(place, failed.message(), failed.cause());
  }
}
