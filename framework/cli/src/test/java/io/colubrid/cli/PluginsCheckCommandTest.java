package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A jar is checked as the testkit checks a layer, and its faults are told. */
final class PluginsCheckCommandTest {
  @TempDir private static Path folder;
  private static Path jar;

  @BeforeAll
  static void pack() throws IOException {
    jar = PluginPacking.toy(folder);
  }

  @Test
  void aSoundLayerEndsWithZero() {
    Told told = check("--width", "8", "--set", "refuses=packing");

    assertThat(told.code()).isZero();
    assertThat(told.err()).isEmpty();
    assertThat(told.out())
        .startsWith("layer 'toy' at width 8, under refuses=packing\n")
        .contains("  passed       causal  ")
        .contains("declared: layers.0.mixer: a toy has one document\n")
        .endsWith("16 checked: 15 passed, 0 failed, 1 declared unsupported\n");
  }

  @Test
  void aFaultEndsWithOneAndTheSmallestCase() {
    Told told =
        check(
            "--set",
            "fault=gradient-misses-a-term",
            "--property=bodies-agree",
            "--property=causal");

    assertThat(told.code()).isEqualTo(1);
    assertThat(told.out())
        .contains("  FAILED       bodies-agree  ")
        .contains("smallest case: batch 1, length 4, width 2, seed 1\n")
        .containsPattern("gradient of layers.0.mixer.decay at .* expected \\S+, found")
        .contains("  passed       causal  ");
  }

  @Test
  void jsonTellsTheSame() {
    Told told = check("--json", "--property=causal", "--set", "fault=leaks-the-future");

    assertThat(told.code()).isEqualTo(1);
    assertThat(told.out())
        .startsWith("{")
        .contains("\"conforms\" : false")
        .contains("\"smallestCase\" : \"batch 1, length 2, width 2, seed 1\"")
        .doesNotContain("checked:");
  }

  @Test
  void aPluginMayBeAFolder() throws IOException {
    Path whole = Files.createDirectory(folder.resolve("whole"));
    Files.copy(jar, whole.resolve("toy.jar"));

    Told told =
        Told.by("plugins", "check", whole, "--property=shape-as-declared", "--set", "fault=throws");

    assertThat(told.code()).isEqualTo(1);
    assertThat(told.out()).contains("cannot count beyond five");
  }

  @Test
  void aKeyWithoutDefaultIsAskedFor() throws IOException {
    Path needy = Files.copy(jar, folder.resolve("needy.jar"));
    try (FileSystem inside = FileSystems.newFileSystem(needy)) {
      Files.writeString(
          inside.getPath("reference.conf"), "layers.toy { fault = null, refuses = nothing }");
    }

    assertBad(
        Told.by("plugins", "check", needy, "--set", "refuses=nothing"),
        "layers.0.mixer.fault: is missing; expected one of none, leaks-the-future");
    assertThat(Told.by("plugins", "check", needy, "--set=fault=none", "--property=causal").code())
        .isZero();
  }

  @Test
  void badInputEndsWithTwo() {
    assertBad(check("--set", "falut=none"), "--set falut=none: layers.0.mixer: no key 'falut'");
    assertBad(check("--set", "fault"), "--set fault: expected key=value");
    assertBad(check("--layer", "tory"), "brings no layer 'tory'; it brings toy");
    assertBad(check("--property", "casual"), "no property is called 'casual'; there are shape-");
    assertBad(check("--device", "cuda:99"), "cuda:99");
    assertBad(check("--device", "tpu"), "no device 'tpu'; known are cpu, cuda and cuda:N");
    assertBad(check("--width", "0"), "--width: expected a positive number, found 0");
    assertBad(
        Told.by("plugins", "check", folder.resolve("missing.jar")),
        "missing.jar: cannot be read: there is no such jar or folder");
    assertBad(Told.by("plugins", "check", folder.resolve("toy")), "toy: is a folder without jars");
  }

  private static void assertBad(Told told, String sentence) {
    assertThat(told.code()).isEqualTo(2);
    assertThat(told.err()).contains(sentence).doesNotContain("\tat ");
  }

  private static Told check(Object... options) {
    List<Object> arguments = new ArrayList<>(List.of("plugins", "check", jar));
    arguments.addAll(List.of(options));
    return Told.by(arguments.toArray());
  }
}
