package io.colubrid.runtime.plan;

import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A plan as JSON, under the names of {@link ModelPlan}. */
public final class PlanJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private PlanJson() {}

  /** An object with {@code models}, each plan by its name. */
  public static String of(SequencedMap<String, ModelPlan> plans) {
    return MAPPER.writeValueAsString(Map.of("models", plans)) + "\n";
  }

  public static String of(ModelPlan plan) {
    return MAPPER.writeValueAsString(plan) + "\n";
  }
}
