package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a JVM of its own, so that what it loads can be seen. */
final class DoctorCommandTest {
  @TempDir private Path folder;

  private record Told(int exitCode, String text, List<String> loaded) {}

  private Told doctor(String... arguments) throws IOException, InterruptedException {
    Path loaded = folder.resolve("loaded.txt");
    Path said = folder.resolve("said.txt");
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-Xlog:class+load:file=" + loaded,
            "-cp",
            System.getProperty("java.class.path"),
            Launch.class.getName(),
            "doctor");
    command.command().addAll(List.of(arguments));
    int exitCode =
        command.redirectErrorStream(true).redirectOutput(said.toFile()).start().waitFor();
    return new Told(exitCode, Files.readString(said), Files.readAllLines(loaded));
  }

  @Test
  void tellsWhatIsThereAndWhatToDoWithoutAClassOfJCuda() throws Exception {
    Told told = doctor();
    assertThat(told.exitCode()).isZero();
    assertThat(told.text())
        .contains("JDK ", "memory ", "vectors ", "BLAS ", "plugins ", "mamba2", "kernels ")
        .contains("The CPU ");
    assertThat(told.loaded()).anyMatch(line -> line.contains("io.colubrid.engine.cuda.CudaProbe "));
    assertThat(told.loaded()).noneMatch(line -> line.contains(" jcuda."));
    assertThat(told.text())
        .containsAnyOf("there is no libcuda.so.1", "NVIDIA's driver, CUDA ")
        .contains(told.text().contains("no libcuda") ? "→ only GPUs need this" : "driver");
  }

  @Test
  void namesAPluginThatCannotBeLoaded() throws Exception {
    Path jar = Files.writeString(folder.resolve("broken.jar"), "no jar");
    Told told = doctor("--plugins", folder.toString());
    assertThat(told.exitCode()).isZero();
    assertThat(told.text()).contains("left out: ", jar.getFileName().toString());
  }
}
