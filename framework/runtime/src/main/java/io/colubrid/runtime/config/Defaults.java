package io.colubrid.runtime.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The sections of a config file with the default of each key, as {@code colubrid-defaults.conf} has
 * them, and the keys of each kind of data, as {@code colubrid-data.conf} has them. The comment
 * above a key documents it; null stands for a key that has no default.
 */
public final class Defaults {
  private static final String DATA_RESOURCE = "/colubrid-data.conf";
  private static final String RESOURCE = "/colubrid-defaults.conf";
  private static final ConfigObject ROOT = load(RESOURCE);
  private static final ConfigObject DATA = load(DATA_RESOURCE);

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

  /** The defaults of the {@code data} section for a source, as it is written in a file. */
  public static ConfigObject data(String source) {
    if (DATA.get(source) instanceof ConfigObject object) {
      return object.withValue("source", ConfigValueFactory.fromAnyRef(source));
    }
    throw new IllegalArgumentException("no source '" + source + "' in " + DATA_RESOURCE);
  }

  /** The keys that a section can have, those of every kind of data for {@code data}. */
  static ConfigObject keysOf(String section) {
    ConfigObject keys = of(section);
    if (section.equals("data")) {
      for (String source : DATA.keySet()) {
        keys = keys.withFallback(data(source));
      }
    }
    return keys;
  }

  private static ConfigObject load(String resource) {
    try (InputStream stream = Defaults.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IllegalStateException("no resource " + resource);
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      ConfigParseOptions options =
          ConfigParseOptions.defaults().setOriginDescription(resource.substring(1));
      return ConfigFactory.parseString(text, options).resolve().root();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
