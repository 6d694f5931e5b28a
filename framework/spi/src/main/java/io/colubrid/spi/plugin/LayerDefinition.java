package io.colubrid.spi.plugin;

import com.google.inject.Key;
import java.util.Locale;

/**
 * A named thing that a plugin brings, as bound by {@link LayerPlugin}.
 *
 * @param kind what it is
 * @param name the {@code type} that selects it in a file
 * @param config its config record
 * @param factory key of its factory in the plugin's injector
 */
public record LayerDefinition(
    Kind kind, String name, Class<? extends Record> config, Key<?> factory) {
  /** What a plugin can bring. */
  public enum Kind {
    LAYER,
    STEM,
    HEAD,
    OPTIMIZER;

    /** The path under which its defaults stand in reference.conf, such as {@code layers}. */
    public String section() {
      return name().toLowerCase(Locale.ROOT) + "s";
    }
  }
}
