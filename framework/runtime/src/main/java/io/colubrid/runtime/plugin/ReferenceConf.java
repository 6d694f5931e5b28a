package io.colubrid.runtime.plugin;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.DefaultsCheck;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordKey;
import io.colubrid.runtime.config.SyntaxProblem;
import io.colubrid.runtime.config.Values;
import io.colubrid.spi.plugin.LayerDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** The defaults that a plugin's own {@code reference.conf} holds; no other jar's is looked at. */
final class ReferenceConf {
  private static final String NAME = "reference.conf";

  private final @Nullable ConfigObject root;

  private ReferenceConf(@Nullable ConfigObject root) {
    this.root = root;
  }

  /**
   * Reads it from the jar or folder of classes that a plugin comes from; empty if there is none.
   */
  static ReferenceConf of(Path location) throws PluginException {
    try {
      String text = Files.isDirectory(location) ? fromFolder(location) : fromJar(location);
      ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(NAME);
      return new ReferenceConf(
          text == null ? null : ConfigFactory.parseString(text, options).resolve().root());
    } catch (ConfigException bad) {
      throw new PluginException(SyntaxProblem.of(bad).toString());
    } catch (IOException unreadable) {
      throw new PluginException(NAME + " cannot be read: " + unreadable.getMessage());
    }
  }

  /** The checked defaults of a layer: a value or null for each of its keys. */
  ConfigObject defaults(LayerDefinition definition) throws PluginException {
    String section = definition.kind().section();
    String path = section + "." + definition.name();
    if (root == null) {
      return withoutKeys(definition, path);
    }
    ConfigObject defaults = object(object(root, section), definition.name());
    Problems problems = new Problems();
    new DefaultsCheck(problems).check(definition.config(), defaults, path);
    if (!problems.isEmpty()) {
      throw new PluginException(
          problems.list().stream().map(Problem::toString).collect(Collectors.joining("; ")));
    }
    return defaults;
  }

  private static ConfigObject withoutKeys(LayerDefinition definition, String path)
      throws PluginException {
    List<String> keys = RecordKey.of(definition.config()).stream().map(RecordKey::name).toList();
    if (keys.isEmpty()) {
      return Values.EMPTY;
    }
    throw new PluginException(
        "has no " + NAME + "; it must hold the defaults " + path + "." + String.join(", ", keys));
  }

  private static ConfigObject object(ConfigObject parent, String key) {
    ConfigValue value = parent.get(key);
    return value instanceof ConfigObject object ? object : Values.EMPTY.withOrigin(parent.origin());
  }

  private static @Nullable String fromFolder(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    return Files.exists(file) ? Files.readString(file) : null;
  }

  private static @Nullable String fromJar(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      ZipEntry entry = zip.getEntry(NAME);
      if (entry == null) {
        return null;
      }
      try (InputStream stream = zip.getInputStream(entry)) {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }
}
