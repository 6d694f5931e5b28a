package io.colubrid.runtime.profile;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A profile as JSON, under the names of {@link Profile}. */
public final class ProfileJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ProfileJson() {}

  public static String of(Profile profile) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", profile.machine());
    if (profile.limits() != null) {
      all.put("limits", profile.limits());
    }
    all.put("steps", profile.steps());
    all.put("unit", profile.unit());
    all.put("tokens", profile.tokens());
    all.put("tokensPerSecond", profile.tokensPerSecond());
    all.put("stepMicros", profile.stepMicros());
    all.put("observedMicros", profile.observedMicros());
    all.put("kernelMicros", profile.kernelMicros());
    all.put("outsideKernels", profile.outsideKernels());
    all.put("observationOverhead", profile.observationOverhead());
    all.put("kernels", profile.kernels());
    all.put("smallKernels", profile.smallKernels());
    all.put("smallKernelMicros", profile.smallMicros());
    all.put("layers", rows(profile.layers()));
    all.put("operations", rows(profile.operations()));
    return MAPPER.writeValueAsString(all) + "\n";
  }

  private static List<Map<String, Object>> rows(List<ProfileRow> rows) {
    return rows.stream().map(ProfileJson::row).toList();
  }

  private static Map<String, Object> row(ProfileRow row) {
    Map<String, Object> cells = new LinkedHashMap<>();
    cells.put("name", row.name());
    cells.put("micros", row.micros());
    cells.put("share", row.share());
    cells.put("forwardMicros", row.forwardMicros());
    cells.put("backwardMicros", row.backwardMicros());
    cells.put("updateMicros", row.updateMicros());
    cells.put("calls", row.calls());
    cells.put("flops", row.flops());
    cells.put("gigaflopsPerSecond", row.gigaflops());
    cells.put("bytes", row.bytes());
    cells.put("gigabytesPerSecond", row.gigabytes());
    return cells;
  }
}
