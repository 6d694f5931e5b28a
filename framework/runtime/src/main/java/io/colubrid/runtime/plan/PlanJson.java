package io.colubrid.runtime.plan;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A plan as JSON, under the names of {@link ModelPlan}. */
public final class PlanJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private PlanJson() {}

  public static String of(ModelPlan plan) {
    return MAPPER.writeValueAsString(plan) + "\n";
  }
}
