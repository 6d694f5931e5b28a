package io.colubrid.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.config.KeyDescription;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginLoaderTest {
  @TempDir private Path directory;

  @Test
  void registersASoundPlugin() {
    PluginJar.sound("fine").write(directory.resolve("fine.jar"));
    LoadedPlugins loaded = load();
    assertThat(loaded.problems()).isEmpty();
    RegisteredLayer layer = loaded.registry().find(Kind.LAYER, "fine").orElseThrow();
    assertThat(layer.origin()).hasToString("fine.jar");
    assertThat(layer.layerFactory().getClass().getName()).isEqualTo("p.F");
    assertThat(layer.describe().keys())
        .containsExactly(new KeyDescription("size", "integer", "3", false, null, "How large."));
  }

  @Test
  void leavesOutTheLaterOfTwoThatClaimOneName() {
    PluginJar.sound("twin").write(directory.resolve("a.jar"));
    PluginJar.sound("twin").write(directory.resolve("b.jar"));
    LoadedPlugins loaded = load();
    assertThat(loaded.problems())
        .extracting(PluginProblem::toString)
        .containsExactly(
            "b.jar: layer 'twin' is brought by a.jar already; this plugin is left out");
    assertThat(loaded.registry().find(Kind.LAYER, "twin").orElseThrow().origin())
        .hasToString("a.jar");
  }

  @Test
  void keepsLibrariesOfTwoPluginsApart() throws ReflectiveOperationException {
    for (String version : List.of("one", "two")) {
      Path folder = directory.resolve(version);
      PluginJar.sound("layer-" + version)
          .source("p.P", versioned("layer-" + version))
          .source(
              "lib.Version",
              "public final class Version { public static String get() { return null; } }")
          .write(folder.resolve("plugin.jar"));
      new PluginJar()
          .source(
              "lib.Version",
              "public final class Version { public static String get() { return \""
                  + version
                  + "\"; } }")
          .write(folder.resolve("a-library.jar"));
    }
    LoadedPlugins loaded = load();
    assertThat(loaded.problems()).isEmpty();
    assertThat(loaded.registry().names(Kind.LAYER)).contains("layer-one", "layer-two");
    assertThat(versionSeenBy(loaded, "layer-one")).isEqualTo("one");
    assertThat(versionSeenBy(loaded, "layer-two")).isEqualTo("two");
  }

  @Test
  void aPluginSeesItsOwnResourcesOnly() {
    PluginJar.sound("fine").write(directory.resolve("fine.jar"));
    ClassLoader loader =
        load()
            .registry()
            .find(Kind.LAYER, "fine")
            .orElseThrow()
            .factory()
            .getClass()
            .getClassLoader();
    assertThat(loader.getResource("reference.conf").toString()).contains("fine.jar");
    assertThat(loader.getResource("colubrid-defaults.conf")).isNull();
    assertThat(loader.getResource("org/junit/jupiter/api/Test.class")).isNull();
  }

  @Test
  void oneBrokenPluginTakesNoOtherDown() throws IOException {
    PluginJar.sound("fine").write(directory.resolve("zz-fine.jar"));
    Files.writeString(directory.resolve("text.jar"), "no zip");
    new PluginJar().write(directory.resolve("void.jar"));
    assertThat(load().registry().names(Kind.LAYER)).contains("fine");
    assertThat(load().problems())
        .extracting(PluginProblem::origin)
        .containsExactly("text.jar", "void.jar");
  }

  @Test
  void tellsOfADirectoryThatIsNotThere() {
    Path missing = directory.resolve("missing");
    assertThat(PluginLoader.load(List.of(missing)).problems())
        .containsExactly(new PluginProblem(missing.toString(), "no such plugin directory"));
  }

  @Test
  void takesASingleJar() {
    Path jar = PluginJar.sound("single").write(directory.resolve("single.jar"));
    assertThat(PluginLoader.load(List.of(jar)).registry().names(Kind.LAYER)).contains("single");
  }

  private LoadedPlugins load() {
    return PluginLoader.load(List.of(directory));
  }

  private static String versioned(String layer) {
    return PluginJar.plugin(
            "Spi.VERSION", "", "layer(\"" + layer + "\").config(C.class).factory(F.class);")
        .replace("public P()", "public static final String SEEN = lib.Version.get(); public P()");
  }

  private static Object versionSeenBy(LoadedPlugins loaded, String layer)
      throws ReflectiveOperationException {
    ClassLoader loader =
        loaded
            .registry()
            .find(Kind.LAYER, layer)
            .orElseThrow()
            .factory()
            .getClass()
            .getClassLoader();
    return loader.loadClass("p.P").getField("SEEN").get(null);
  }
}
