package io.colubrid.runtime.conformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What came of checking layers, as JSON. */
public final class CheckJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private CheckJson() {}

  /**
   * An object with {@code layers}, each with its {@code properties}.
   *
   * @param notChecked what the plugin brings that the kit does not know
   */
  public static String of(List<CheckedLayer> layers, List<String> notChecked) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("conforms", layers.stream().allMatch(CheckedLayer::conforms));
    all.put("layers", layers.stream().map(CheckJson::layer).toList());
    all.put("notChecked", notChecked);
    return MAPPER.writeValueAsString(all) + "\n";
  }

  private static Map<String, Object> layer(CheckedLayer checked) {
    Map<String, Object> layer = new LinkedHashMap<>();
    layer.put("layer", checked.layer());
    layer.put("width", checked.width());
    layer.put("keys", checked.keys());
    layer.put("conforms", checked.conforms());
    layer.put("properties", checked.results().stream().map(CheckJson::property).toList());
    return layer;
  }

  private static Map<String, Object> property(PropertyResult result) {
    Map<String, Object> property = new LinkedHashMap<>();
    property.put("property", result.property());
    property.put("claim", result.claim());
    switch (result.outcome()) {
      case Outcome.Passed passed -> property.put("outcome", "passed");
      case Outcome.Unsupported unsupported -> {
        property.put("outcome", "unsupported");
        property.put("reason", unsupported.reason());
      }
      case Outcome.Failed failed -> {
        property.put("outcome", "failed");
        property.put("smallestCase", failed.smallestCase());
        property.put("message", failed.message());
      }
    }
    return property;
  }
}
