package io.colubrid.runtime.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One line of metrics.jsonl: {@code {"step":10,"loss":2.5,"gradNorm":"NaN"}}. Numbers that JSON has
 * not got are strings: {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}.
 */
public record MetricsRow(long step, SequencedMap<String, Double> values) {
  private static final String STEP = "step";
  private static final JsonMapper MAPPER = JsonMapper.shared();

  /**
   * @throws IllegalArgumentException if a value is called {@code step}
   */
  public MetricsRow {
    if (values.containsKey(STEP)) {
      throw new IllegalArgumentException("no metric can be called " + STEP);
    }
    values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
  }

  String toJson() {
    ObjectNode json = MAPPER.createObjectNode().put(STEP, step);
    values.forEach(
        (name, value) -> {
          if (Double.isFinite(value)) {
            json.put(name, value);
          } else {
            json.put(name, value.toString());
          }
        });
    return MAPPER.writeValueAsString(json);
  }

  /**
   * @throws IllegalArgumentException if the line is not one that {@link #toJson} writes
   */
  static MetricsRow parse(String line) {
    try {
      JsonNode json = MAPPER.readTree(line);
      if (!json.path(STEP).isIntegralNumber()) {
        throw new IllegalArgumentException("expected an object with a step");
      }
      SequencedMap<String, Double> values = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> property : json.properties()) {
        if (!property.getKey().equals(STEP)) {
          values.put(property.getKey(), Double.valueOf(property.getValue().asString()));
        }
      }
      return new MetricsRow(json.get(STEP).longValue(), values);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }
}
