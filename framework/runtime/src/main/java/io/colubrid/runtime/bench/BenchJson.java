package io.colubrid.runtime.bench;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A report as JSON, under the names of {@link BenchReport}. */
public final class BenchJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private BenchJson() {}

  public static String of(BenchReport report) {
    return MAPPER.writeValueAsString(report) + "\n";
  }
}
