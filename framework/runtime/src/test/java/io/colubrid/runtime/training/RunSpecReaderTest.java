package io.colubrid.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.plugin.PluginLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunSpecReaderTest {
  private static final String MODEL =
      "model { d-model = 8, layers = [ { channel { type = mlp } } ] }\n";

  @TempDir Path folder;

  @Test
  void tellsWhatIsWrongWithAFileThatCannotBeRead() throws IOException {
    assertThat(problems("model { d-model = "))
        .anyMatch(problem -> problem.contains("file.conf: 1"));
  }

  @Test
  void tellsOfADataSectionThatCannotBeResolved() throws IOException {
    assertThat(problems(MODEL + "data = ${nowhere}")).hasSize(1);
    assertThat(problems(MODEL + "data.source = ${nowhere}")).hasSize(1);
  }

  @Test
  void tellsWhatTheDataKeysMeanTogether() throws IOException {
    assertThat(problems(MODEL + "data { source = path }"))
        .containsExactly("file.conf: 2: data.path: source = path needs the file or folder to read");
  }

  private List<String> problems(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("file.conf"), text);
    RunSpecReader reader = new RunSpecReader(PluginLoader.load(List.of()).registry());
    ConfigProblemsException thrown =
        catchThrowableOfType(ConfigProblemsException.class, () -> reader.read(file, List.of()));
    return thrown.problems().stream()
        .map(problem -> problem.toString().replace(folder + "/", ""))
        .toList();
  }
}
