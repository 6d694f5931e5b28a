package io.colubrid.runtime.data;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * How good a model is on held-out data.
 *
 * @param measure the one that models are compared by
 * @param value by that measure
 * @param more what else was measured, such as what a naive forecast would reach
 */
public record Score(Measure measure, double value, SequencedMap<Measure, Double> more) {
  /** A score by one measure alone. */
  public static Score of(Measure measure, double value) {
    return new Score(measure, value, new LinkedHashMap<>());
  }

  /** The same with something else that was measured. */
  public Score with(Measure other, double found) {
    SequencedMap<Measure, Double> all = new LinkedHashMap<>(more);
    all.put(other, found);
    return new Score(measure, value, all);
  }

  /** All values by their keys in a run's metrics. */
  public SequencedMap<String, Double> metrics() {
    SequencedMap<String, Double> metrics = new LinkedHashMap<>();
    metrics.put(measure.key(), value);
    more.forEach((other, found) -> metrics.put(other.key(), found));
    return metrics;
  }

  /** Such as {@code held-out accuracy 88.12 % (loss 0.3312)}. */
  @Override
  public String toString() {
    String first = "held-out " + measure.name() + " " + measure.text(value);
    return more.isEmpty() ? first : first + " (" + others() + ")";
  }

  private String others() {
    return more.entrySet().stream()
        .map(
            (Map.Entry<Measure, Double> e) ->
                e.getKey().name() + " " + e.getKey().text(e.getValue()))
        .collect(Collectors.joining(", "));
  }
}
