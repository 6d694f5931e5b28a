package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.session.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files of src/test/resources/refused combine what cannot be combined. Each has beside it, as
 * NAME.expected, exactly what the composer is told before anything runs.
 */
final class RefusedFilesTest {
  private static final Path FOLDER = Path.of("src/test/resources/refused");

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void tellsExactlyWhatIsRefused(Path file) throws IOException {
    Path expected = Path.of(file.toString().replace(".conf", ".expected"));

    assertThat(problems(file)).containsExactlyElementsOf(Files.readAllLines(expected));
  }

  private static List<String> problems(Path file) {
    try (Session session = Session.open(List.of())) {
      ConfigProblemsException thrown =
          catchThrowableOfType(ConfigProblemsException.class, () -> read(session, file));
      assertThat(thrown).as("%s must be refused", file).isNotNull();
      return thrown.problems().stream()
          .map(problem -> problem.toString().replace(FOLDER + "/", ""))
          .toList();
    }
  }

  private static void read(Session session, Path file) {
    if (session.isComparison(file, List.of())) {
      session.readComparison(file, List.of());
    } else {
      session.read(file, List.of());
    }
  }
}
