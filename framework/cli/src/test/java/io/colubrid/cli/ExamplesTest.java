package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.runtime.plan.ModelPlan;
import io.colubrid.runtime.session.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example can be planned, and those of published models have the published sizes. */
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("../../examples");
  private static final Path FULL = EXAMPLES.resolve("full");
  private static final Path PAGE = Path.of("../../docs/composing.md");
  private static final Pattern HOCON = Pattern.compile("(?s)```hocon\n(.*?)```");

  /** Parameters by the name of the file; papers round them to 7.15 M, 25.8 M and the like. */
  private static final Map<String, String> PUBLISHED =
      Map.of(
          "jamba", "51,570,323,328",
          "mamba", "129,135,360",
          "mamba2", "128,989,632",
          "transformer", "8,030,261,248",
          "vim-tiny", "7,148,008",
          "vim-small", "25,796,584",
          "vim-base", "97,598,440",
          "vmamba-tiny", "30,705,832");

  static List<Path> examples() throws IOException {
    return Stream.concat(files(EXAMPLES), files(FULL)).toList();
  }

  static List<Path> published() throws IOException {
    return files(FULL).toList();
  }

  private static Stream<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList().stream();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).replace(".conf", "");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void canBePlanned(Path file) {
    assertThat(plans(file)).isNotEmpty();
  }

  /** Recorded on shapes alone, as a GPU would run it: the types must fit in every precision. */
  @ParameterizedTest
  @MethodSource("examples")
  void canBePlannedForAGpu(Path file) {
    for (String precision : List.of("f32", "bf16")) {
      assertThat(plans(file, "cuda:0", List.of("model.precision=" + precision))).isNotEmpty();
    }
  }

  @Test
  void areListedOnTheirPage() throws IOException {
    String page = Files.readString(EXAMPLES.resolve("README.md"));

    assertThat(files(EXAMPLES)).allSatisfy(file -> assertThat(page).contains(name(file) + ".conf"));
  }

  @ParameterizedTest
  @MethodSource("published")
  void hasThePublishedNumberOfParameters(Path file) {
    ModelPlan plan = plans(file).firstEntry().getValue();

    assertThat("%,d".formatted(plan.parameters())).isEqualTo(PUBLISHED.get(name(file)));
  }

  static List<String> combinators() throws IOException {
    String page = Files.readString(PAGE);
    String section = page.substring(page.indexOf("\n## Layers made of layers"));
    Matcher file = HOCON.matcher(section.substring(0, section.indexOf("\n## Both ends")));
    return file.results().map(result -> result.group(1)).toList();
  }

  @ParameterizedTest
  @MethodSource("combinators")
  void filesOfThePageOnCombinatorsCanBePlanned(String text, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("page.conf"), text);

    assertThat(plans(file).firstEntry().getValue().parameters()).isPositive();
  }

  /** 12 billion in the announcement; 12.11 when two of sixteen experts are counted. */
  @Test
  void jambaUsesTheExpertsThatItsRoutersChoose() {
    ModelPlan plan = plans(FULL.resolve("jamba.conf")).firstEntry().getValue();

    assertThat(plan.activeParameters()).isEqualTo(12_110_311_296L);
  }

  private static SequencedMap<String, ModelPlan> plans(Path file) {
    return plans(file, "cpu", List.of());
  }

  private static SequencedMap<String, ModelPlan> plans(
      Path file, String device, List<String> sets) {
    try (Session session = Session.open(List.of(), device)) {
      return session.isComparison(file, sets)
          ? session.plans(session.readComparison(file, sets))
          : new TreeMap<>(Map.of("", session.plan(session.read(file, sets))));
    }
  }
}
