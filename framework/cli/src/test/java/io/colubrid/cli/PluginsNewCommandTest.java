package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A new plugin builds, keeps what a layer must, and works in a file. */
final class PluginsNewCommandTest {
  @TempDir private Path folder;

  @Test
  void aNewPluginCompilesConformsAndPlans() throws IOException {
    Path project = folder.resolve("project");
    assertThat(create("gated-thing", "--package", "com.example", "--out", project).code()).isZero();

    Path classes = Files.createDirectory(folder.resolve("classes"));
    List<Path> sources =
        PluginPacking.files(project).stream()
            .filter(file -> file.toString().endsWith(".java"))
            .toList();
    PluginPacking.compile(sources, classes);
    assertThat(classes.resolve("com/example/GatedThingConformanceTest.class")).exists();
    Path resources = project.resolve("src/main/resources");
    Path jar = PluginPacking.pack(List.of(classes, resources), folder.resolve("plugin.jar"));

    Told check = Told.by("plugins", "check", jar, "--width", "8", "--set", "bias=true");
    assertThat(check.out()).endsWith("16 checked: 16 passed, 0 failed, 0 declared unsupported\n");
    Told plan = Told.by("plan", project.resolve("gated-thing.conf"), "--plugins", jar);
    assertThat(plan.out()).contains("4 × gated-thing");
  }

  @Test
  void nothingIsLeftUnfilled() throws IOException {
    create("my-layer", "--package", "com.example.deep", "--out", folder.resolve("my"));

    for (Path file : PluginPacking.files(folder.resolve("my"))) {
      assertThat(file).content().doesNotContainPattern("@[a-zA-Z.]+@").isNotEmpty();
    }
    assertThat(folder.resolve("my/src/main/java/com/example/deep/MyLayer.java")).exists();
    assertThat(folder.resolve("my/pom.xml"))
        .content()
        .containsPattern("<colubrid.version>\\d")
        .containsPattern("<artifactId>maven-surefire-plugin</artifactId>\\s*<version>\\d");
  }

  @ParameterizedTest
  @CsvSource({
    "MyLayer, com.example, 'must be in kebab case, such as my-layer; found ''MyLayer'''",
    "layer, com.example, 'choose another name'",
    "swiglu, com.example, 'there is a layer ''swiglu'' already'",
    "my-layer, com.Example, 'expected a Java package in lower case, such as com.example'",
    "my-layer, com.new.thing, 'expected a Java package in lower case, such as com.example'",
    "my-layer, io.colubrid.mine, '''io.colubrid.mine'' belongs to io.colubrid'",
  })
  void badNamesEndWithTwo(String name, String javaPackage, String sentence) throws IOException {
    Told told = create(name, "--package", javaPackage, "--out", folder.resolve("bad"));

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err()).contains(sentence).doesNotContain("\tat ");
    assertThat(folder.resolve("bad")).doesNotExist();
  }

  @Test
  void aFolderInUseIsLeftAlone() throws IOException {
    Files.writeString(folder.resolve("mine"), "precious");

    Told told = create("my-layer", "--package", "com.example", "--out", folder);

    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err()).contains(folder + " is not empty; name a folder with --out");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  private static Told create(Object... arguments) {
    Object[] all = new Object[arguments.length + 2];
    all[0] = "plugins";
    all[1] = "new";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return Told.by(all);
  }
}
