package io.colubrid.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles sources and packs a jar, as a stranger's build would. */
final class PluginJar {
  static final String SERVICE = "META-INF/services/io.colubrid.spi.plugin.LayerPlugin";

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
  // Shared, because opening the class path takes longer than compiling.
  private static final StandardJavaFileManager FILES =
      COMPILER.getStandardFileManager(null, null, StandardCharsets.UTF_8);
  private static final String IMPORTS =
      "import io.colubrid.spi.plugin.*; import io.colubrid.spi.layer.*; ";

  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, String> files = new LinkedHashMap<>();

  /** A plugin with one layer that has the key {@code size}. */
  static PluginJar sound(String layer) {
    return new PluginJar()
        .service("p.P")
        .source(
            "p.P",
            plugin("Spi.VERSION", "", "layer(\"" + layer + "\").config(C.class).factory(F.class);"))
        .source("p.C", "public record C(int size) {}")
        .source("p.F", factory(""))
        .reference("layers." + layer + " {\n  # How large.\n  size = 3\n}\n");
  }

  static String plugin(String version, String constructor, String configure) {
    return "@BuiltFor("
        + version
        + ") public final class P extends LayerPlugin { public P() {"
        + constructor
        + "} @Override protected void configure() {"
        + configure
        + "} }";
  }

  static String factory(String constructor) {
    return "final class F implements LayerFactory<C> { F() {"
        + constructor
        + "} "
        + "@Override public Layer create(C c, BuildContext x) { return null; } }";
  }

  PluginJar service(String lines) {
    return file(SERVICE, lines);
  }

  PluginJar reference(String text) {
    return file("reference.conf", text);
  }

  PluginJar file(String name, String text) {
    files.put(name, text);
    return this;
  }

  PluginJar without(String name) {
    files.remove(name);
    return this;
  }

  PluginJar source(String type, String body) {
    int dot = type.lastIndexOf('.');
    sources.put(type, "package " + type.substring(0, dot) + "; " + IMPORTS + body);
    return this;
  }

  Path write(Path jar) {
    try {
      Files.createDirectories(jar.getParent());
      Path classes = Files.createTempDirectory(jar.getParent(), ".classes");
      compile(classes);
      pack(classes, jar);
      return jar;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void compile(Path classes) {
    if (sources.isEmpty()) {
      return;
    }
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((type, text) -> units.add(new Source(type, text)));
    List<String> options = List.of("-proc:none", "-implicit:none", "-d", classes.toString());
    assertThat(COMPILER.getTask(null, FILES, null, options, null, units).call()).isTrue();
  }

  private void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path file : compiled.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        zip.write(Files.readAllBytes(file));
      }
      for (Map.Entry<String, String> file : files.entrySet()) {
        zip.putNextEntry(new JarEntry(file.getKey()));
        zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String type, String text) {
      super(URI.create("string:///" + type.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
