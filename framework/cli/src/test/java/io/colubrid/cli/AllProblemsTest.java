package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.session.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What layers refuse is told together with everything else that is wrong in a file. */
final class AllProblemsTest {
  private static final String MODEL =
      """
      model {
        d-model = 100
        blocks {
          a { mixer { type = attention, heads = 8, hedas = 4 } }
          m { mixer { type = mamba } }
        }
        layers = [ a, m, a ]
      }
      train { steps = 10, bacth = 4 }
      """;
  private static final String COMPARE =
      """
      compare { models { one { layers = [ a ] }, two { layers = [ { repeat = 3, of = [ a ] } ] } } }
      """;

  @TempDir private Path folder;

  @Test
  void ofARun() throws IOException {
    assertThat(problems(MODEL, (session, file) -> session.read(file, List.of())))
        .containsExactly(
            "bad.conf: 4: model.blocks.a.mixer: no key 'hedas'; did you mean 'heads'?",
            "bad.conf: 4: model.blocks.a.mixer.heads: d-model 100 is not divisible by heads 8;"
                + " change one of them, or set head-dim",
            "bad.conf: 9: train: no key 'bacth'; did you mean 'batch'?");
  }

  @Test
  void ofAComparisonOnceForAllModelsThatShareThem() throws IOException {
    assertThat(
            problems(MODEL + COMPARE, (session, file) -> session.readComparison(file, List.of())))
        .hasSize(3)
        .anyMatch(line -> line.startsWith("bad.conf: 4: ") && line.contains("not divisible"));
  }

  @Test
  void ofAFileThatIsNotThere() {
    Path missing = folder.resolve("missing.conf");
    try (Session session = Session.open(List.of())) {
      assertThatThrownBy(() -> session.read(missing, List.of()))
          .isInstanceOf(ConfigProblemsException.class)
          .hasMessageContaining("missing.conf");
    }
  }

  private List<String> problems(String text, BiConsumer<Session, Path> read) throws IOException {
    Path file = Files.writeString(folder.resolve("bad.conf"), text);
    try (Session session = Session.open(List.of())) {
      ConfigProblemsException thrown =
          catchThrowableOfType(ConfigProblemsException.class, () -> read.accept(session, file));
      assertThat(thrown).isNotNull();
      return thrown.problems().stream()
          .map(Problem::toString)
          .map(line -> line.replace(folder + "/", ""))
          .toList();
    }
  }
}
