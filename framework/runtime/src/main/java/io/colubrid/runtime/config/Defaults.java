package io.colubrid.runtime.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The sections of a config file with the default of each key, as {@code colubrid-defaults.conf} has
 * them. The comment above a key documents it; null stands for a key that has no default.
 */
public final class Defaults {
  private static final String RESOURCE = "/colubrid-defaults.conf";
  private static final ConfigObject ROOT = load();

  private Defaults() {}

  /** Names of the sections that a file can have. */
  public static SortedSet<String> sections() {
    return new TreeSet<>(ROOT.keySet());
  }

  /** The defaults of a section. */
  public static ConfigObject of(String section) {
    ConfigValue value = ROOT.get(section);
    if (value instanceof ConfigObject object) {
      return object;
    }
    throw new IllegalArgumentException("no section '" + section + "' in " + RESOURCE);
  }

  private static ConfigObject load() {
    try (InputStream stream = Defaults.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException("no resource " + RESOURCE);
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      ConfigParseOptions options =
          ConfigParseOptions.defaults().setOriginDescription("colubrid-defaults.conf");
      return ConfigFactory.parseString(text, options).resolve().root();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
