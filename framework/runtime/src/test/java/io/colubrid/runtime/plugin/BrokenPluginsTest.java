package io.colubrid.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is told of a plugin that cannot be used. */
class BrokenPluginsTest {
  private static final String BINDS_X = "layer(\"x\").config(C.class).factory(F.class);";

  @TempDir private Path directory;

  static Stream<Arguments> jars() {
    return Stream.of(
        arguments(
            jar().source("p.P", PluginJar.plugin("99", "", BINDS_X)),
            "built for version 99 of the spi, but this is 1; use a newer Colubrid, or an older"
                + " release of the plugin"),
        arguments(
            jar().source("p.P", PluginJar.plugin("0", "", BINDS_X)),
            "built for version 0 of the spi, but this is 1; compile the plugin again"),
        arguments(
            jar().source("p.P", PluginJar.plugin("1", "", BINDS_X).replace("@BuiltFor(1)", "")),
            "p.P does not say what it is built for; add @BuiltFor(Spi.VERSION)"),
        arguments(
            jar().without(PluginJar.SERVICE),
            "brings no plugin: META-INF/services/io.colubrid.spi.plugin.LayerPlugin is missing"),
        arguments(jar().service("# none\n"), "brings no plugin: its service file names none"),
        arguments(
            jar().service("p.Missing"),
            "its service file leads nowhere: Provider p.Missing not found"),
        arguments(jar().service("p.C"), "its service file leads nowhere: p.C not a subtype"),
        arguments(
            jar()
                .source(
                    "p.P", PluginJar.plugin("1", "throw new IllegalStateException(\"no\");", "")),
            "the constructor of p.P threw java.lang.IllegalStateException: no"),
        arguments(
            jar()
                .source(
                    "p.P", PluginJar.plugin("1", "", "throw new IllegalStateException(\"no\");")),
            "p.P threw java.lang.IllegalStateException: no"),
        arguments(
            jar()
                .source(
                    "p.P", PluginJar.plugin("1", "", "new io.colubrid.runtime.config.Problems();")),
            "p.P needs the class io.colubrid.runtime.config.Problems, which is not in it and which"
                + " plugins cannot see"),
        arguments(jar().source("p.P", PluginJar.plugin("1", "", "")), "p.P binds no layer"),
        arguments(
            jar()
                .source("p.P", PluginJar.plugin("1", "", BINDS_X.replace("\"x\"", "\"My Layer\""))),
            "the name of layer 'My Layer' must be in kebab case, such as my-layer"),
        arguments(
            jar().source("p.C", "record C(int size) {}"),
            "the config p.C of layer 'x' must be a public record"),
        arguments(
            jar()
                .source(
                    "p.P", PluginJar.plugin("1", "", BINDS_X.replace("C.class", "Record.class"))),
            "the config java.lang.Record of layer 'x' must be a public record"),
        arguments(
            jar().source("p.C", "public record C(int size, Thread other) {}"),
            "p.C: a config record cannot have a component of type java.lang.Thread"),
        arguments(
            jar().without("reference.conf"),
            "has no reference.conf; it must hold the defaults layers.x.size"),
        arguments(
            jar().reference("layers.y { size = 3 }"),
            "reference.conf: 1: layers.x.size: is missing; write its default, or null for none"),
        arguments(
            jar().reference("layers.x {\n size = 3\n sice = 4\n}"),
            "reference.conf: 3: layers.x: C has no component for the key 'sice'; did you mean"
                + " 'size'?"),
        arguments(
            jar().reference("layers.x {\n size = large\n}"),
            "reference.conf: 2: layers.x.size: expected an integer, found 'large'"),
        arguments(
            jar().reference("layers.x {\n size = \n}"),
            "reference.conf: 3: Expecting a value but got wrong token: '}'"),
        arguments(
            jar().source("p.F", PluginJar.factory("throw new IllegalStateException(\"no\");")),
            "the factory of x threw java.lang.IllegalStateException: no"),
        arguments(
            jar()
                .source(
                    "p.F",
                    PluginJar.factory("")
                        .replace("F()", "@com.google.inject.Inject F(Runnable r)")),
            "p.P: No implementation for java.lang.Runnable was bound."),
        arguments(
            jar()
                .source(
                    "p.P",
                    PluginJar.plugin("1", "", BINDS_X + BINDS_X.replace("C.class", "D.class")))
                .source("p.D", "public record D(int size) {}"),
            "p.P binds layer 'x' twice"));
  }

  @ParameterizedTest
  @MethodSource("jars")
  void isToldByNameAndReason(PluginJar jar, String reason) {
    jar.write(directory.resolve("broken.jar"));
    assertThat(PluginLoader.load(List.of(directory)).problems())
        .containsExactly(new PluginProblem("broken.jar", reason));
  }

  @Test
  void aFileThatIsNoZip() throws IOException {
    Files.writeString(directory.resolve("broken.jar"), "text");
    assertThat(PluginLoader.load(List.of(directory)).problems())
        .containsExactly(
            new PluginProblem(
                "broken.jar", "is not a jar that can be read: zip END header not found"));
  }

  @Test
  void aFolderWithoutJars() throws IOException {
    Path hollow = Files.createDirectory(directory.resolve("hollow"));
    assertThat(PluginLoader.load(List.of(directory)).problems()).isEmpty();
    assertThat(PluginLoader.loadFirst(hollow, List.of()).problems())
        .containsExactly(new PluginProblem("hollow", "is a folder without jars"));
  }

  @Test
  void aNameThatABuiltInPluginHas() throws IOException {
    String type =
        PluginLoader.load(List.of())
            .registry()
            .names(io.colubrid.spi.plugin.LayerDefinition.Kind.LAYER)
            .stream()
            .findFirst()
            .orElse(null);
    org.junit.jupiter.api.Assumptions.assumeTrue(type != null, "nothing is built in");
    PluginJar.sound(type).write(directory.resolve("broken.jar"));
    assertThat(PluginLoader.load(List.of(directory)).problems())
        .extracting(PluginProblem::toString)
        .singleElement()
        .asString()
        .contains("broken.jar: layer '" + type + "' is brought by ", "(built in) already");
  }

  private static PluginJar jar() {
    return PluginJar.sound("x");
  }
}
