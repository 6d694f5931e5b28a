package io.colubrid.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.TestLayers;
import io.colubrid.runtime.training.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every file of src/test/resources/broken has beside it, as NAME.expected, exactly what the
 * composer is told. Lines {@code # --set …} at its top are options.
 */
class BrokenFilesTest {
  private static final Path FOLDER = Path.of("src/test/resources/broken");
  private static final String OPTION = "# --set ";

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(".expected"))
          .map(name -> name.replace(".expected", ""))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void tellsExactlyWhatIsWrong(String name) throws IOException {
    List<String> expected = Files.readAllLines(FOLDER.resolve(name + ".expected"));
    assertThat(problems(FOLDER.resolve(name + ".conf"))).containsExactlyElementsOf(expected);
  }

  private static List<String> problems(Path path) throws IOException {
    LayerRegistry registry = TestLayers.registry();
    ConfigFile file = new ConfigReader(new NodeReader(registry)).read(path, options(path));
    if (file.has("model")) {
      new ModelGraphBuilder(registry).read(file);
    }
    if (file.has("train")) {
      file.section("train", TrainConfig.class);
    }
    ConfigProblemsException thrown =
        catchThrowableOfType(ConfigProblemsException.class, file::finish);
    assertThat(thrown).as("%s must be refused", path).isNotNull();
    return thrown.problems().stream()
        .map(problem -> problem.toString().replace(FOLDER + "/", ""))
        .toList();
  }

  private static List<String> options(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return List.of();
    }
    return new String(Files.readAllBytes(path), java.nio.charset.StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> line.startsWith(OPTION))
        .map(line -> line.substring(OPTION.length()))
        .toList();
  }
}
