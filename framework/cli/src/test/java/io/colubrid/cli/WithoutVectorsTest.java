package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A JVM without the Vector API trains as one with it, says so once, and needs no class of it. */
final class WithoutVectorsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "HYBRID, sgd, 1.0, absent",
    "MAMBA, adamw, 1e-2, absent",
    "ATTENTION, adamw, 1e-2, switched off",
    "EXPERTS, sgd, 1.0, absent"
  })
  void trainsToTheSameWeights(SmallRun run, String optimizer, String rate, String module)
      throws IOException, InterruptedException {
    Path file = run.write(folder, 2);
    Files.writeString(
        file,
        "train { optimizer.type = %s, learning-rate { peak = %s, warmup = 1 } }"
            .formatted(optimizer, rate),
        StandardOpenOption.APPEND);
    float[] expected = TrainedWeights.of(file);

    Path weights = folder.resolve("weights");
    String said = train(file, weights, module);

    assertThat(said.lines().filter(line -> line.contains("plain Java"))).hasSize(1);
    assertThat(distance(expected, read(weights))).isLessThan(1e-5);
  }

  private static String train(Path file, Path weights, String module)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (module.equals("switched off")) {
      command.addAll(List.of("--add-modules=jdk.incubator.vector", "-Dcolubrid.vector=off"));
    }
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-Dguice_custom_class_loading=CHILD",
            "-cp",
            System.getProperty("java.class.path"),
            TrainedWeights.class.getName(),
            file.toString(),
            weights.toString()));
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(jvm.waitFor()).as(said).isZero();
    return said;
  }

  private static float[] read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    float[] weights = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(weights);
    return weights;
  }

  /** The largest difference. */
  private static double distance(float[] expected, float[] found) {
    assertThat(found).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - found[i]);
      largest = difference <= largest ? largest : difference;
    }
    return largest;
  }
}
