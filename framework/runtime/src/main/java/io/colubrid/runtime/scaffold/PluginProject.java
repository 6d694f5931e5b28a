package io.colubrid.runtime.scaffold;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** A Maven project with a small layer that works, to be made into another. */
public final class PluginProject {
  private static final String VERSIONS = "versions.properties";

  private final PluginNames names;
  private final Properties versions = new Properties();

  public PluginProject(PluginNames names) {
    this.names = names;
    try (InputStream stream = resource(VERSIONS)) {
      versions.load(stream);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(VERSIONS + " inside the jar is not readable", unreadable);
    }
  }

  /** Colubrid's version, which the project is for. */
  public String colubridVersion() {
    return String.valueOf(versions.getProperty("colubrid"));
  }

  /** The jar that Maven makes of it, below its folder. */
  public Path jar() {
    return Path.of("target", names.layer() + "-1.0.0.jar");
  }

  /** The example that uses the layer, below its folder. */
  public Path example() {
    return Path.of(names.layer() + ".conf");
  }

  /**
   * Writes all files.
   *
   * @param folder must not exist yet, or be empty
   * @return the files
   * @throws IllegalArgumentException if the folder holds something
   */
  public List<Path> write(Path folder) throws IOException {
    requireFree(folder);
    Map<Path, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, String> file : files().entrySet()) {
      texts.put(folder.resolve(file.getKey()), filled(file.getValue()));
    }
    for (Map.Entry<Path, String> text : texts.entrySet()) {
      Path file = text.getKey().toAbsolutePath();
      Files.createDirectories(file.getParent());
      Files.writeString(file, text.getValue());
    }
    return List.copyOf(texts.keySet());
  }

  private static void requireFree(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(folder + " is a file; name a folder with --out");
    }
    try (Stream<Path> inside = Files.list(folder)) {
      if (inside.findAny().isPresent()) {
        throw new IllegalArgumentException(
            folder + " is not empty; name a folder with --out that is empty or not there yet");
      }
    }
  }

  /** Templates by the file that is made of each. */
  private Map<String, String> files() {
    String main = "src/main/java/" + names.packageFolder() + "/" + names.classes();
    String test = "src/test/java/" + names.packageFolder() + "/" + names.classes();
    Map<String, String> files = new LinkedHashMap<>();
    files.put("pom.xml", "pom.xml");
    files.put("README.md", "README.md");
    files.put(".gitignore", "gitignore");
    files.put(example().toString(), "model.conf");
    files.put("src/main/resources/reference.conf", "reference.conf");
    files.put("src/main/resources/META-INF/services/io.colubrid.spi.plugin.LayerPlugin", "service");
    for (String part : List.of("Plugin", "Config", "LayerFactory", "Layer")) {
      files.put(main + part + ".java", part + ".java");
    }
    files.put(test + "ConformanceTest.java", "ConformanceTest.java");
    return files;
  }

  private String filled(String template) throws IOException {
    String text;
    try (InputStream stream = resource(template + ".txt")) {
      text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
    text =
        text.replace("@layer@", names.layer())
            .replace("@package@", names.javaPackage())
            .replace("@Name@", names.classes());
    for (String product : versions.stringPropertyNames()) {
      text = text.replace("@" + product + ".version@", versions.getProperty(product));
    }
    return text;
  }

  private static InputStream resource(String name) {
    InputStream stream = PluginProject.class.getResourceAsStream(name);
    if (stream == null) {
      throw new IllegalStateException("the build left out " + name);
    }
    return stream;
  }
}
