package io.colubrid.runtime.checkpoint;

/**
 * How Hugging Face transformers writes rotary positions: {@code rope_parameters} since version 5,
 * and {@code rope_theta} with {@code rope_scaling} before.
 */
final class RotaryKeys {
  private static final double THETA = 10_000;
  private static final String PARAMETERS = "rope_parameters";
  private static final String SCALING = "rope_scaling";
  private static final String BASE = "rope_theta";

  private RotaryKeys() {}

  /** The keys of our {@code rotary}, as an object. */
  static String read(ForeignConfig config) {
    return read(config, THETA);
  }

  /**
   * @param otherwise the base where the config says none
   */
  static String read(ForeignConfig config, double otherwise) {
    double outer = config.number(BASE, otherwise);
    config.only("partial_rotary_factor", 1.0, "all features of a head are turned");
    boolean parameters = config.has(PARAMETERS);
    if (parameters && config.has(SCALING)) {
      config.problem(SCALING, "stands beside rope_parameters; remove one of the two");
    }
    ForeignConfig section = config.section(parameters ? PARAMETERS : SCALING);
    double theta = section.number(BASE, outer);
    section.only("partial_rotary_factor", 1.0, "all features of a head are turned");
    String kind = section.text("rope_type", section.text("type", "default"));
    String scaling =
        switch (kind) {
          case "default" -> "";
          case "linear" -> ", scaling = linear, factor = " + required(section, "factor");
          case "llama3" -> llama3(section);
          default -> unsupported(section, kind);
        };
    if (!kind.isEmpty()) {
      section.ignore("type");
      section.noteUnknown();
    }
    return "{ theta = " + theta + scaling + " }";
  }

  private static String llama3(ForeignConfig section) {
    return ", scaling = llama3, factor = %s, low-factor = %s, high-factor = %s, original-length = %d"
        .formatted(
            required(section, "factor"),
            required(section, "low_freq_factor"),
            required(section, "high_freq_factor"),
            section.size("original_max_position_embeddings"));
  }

  private static double required(ForeignConfig section, String key) {
    if (!section.has(key)) {
      section.problem(key, "is missing; expected a number above 0");
    }
    return section.number(key, 1);
  }

  private static String unsupported(ForeignConfig section, String kind) {
    section.problem(
        "rope_type", "is \"" + kind + "\", only default, linear and llama3 are supported");
    section.ignoreRest();
    return "";
  }
}
