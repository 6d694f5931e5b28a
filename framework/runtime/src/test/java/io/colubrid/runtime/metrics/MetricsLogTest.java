package io.colubrid.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class MetricsLogTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve(MetricsLog.FILE_NAME);
  }

  private List<Long> steps() throws IOException {
    return MetricsLog.read(file).stream().map(MetricsRow::step).toList();
  }

  @Test
  void everyLineIsOnDiskAsSoonAsItIsAppended() throws IOException {
    try (MetricsLog log = MetricsLog.open(file)) {
      for (long step = 1; step <= 3; step++) {
        log.append(step, Map.of("loss", 1.0 / step));
        assertThat(steps()).last().isEqualTo(step);
      }
    }
    assertThat(Files.readAllLines(file).get(1)).isEqualTo("{\"step\":2,\"loss\":0.5}");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void numbersThatJsonLacksStayValidJsonAndReadBack(double value) throws IOException {
    try (MetricsLog log = MetricsLog.open(file)) {
      log.append(1, Map.of("loss", value));
    }
    String line = Files.readString(file);
    assertThat(JsonMapper.shared().readTree(line).get("loss").isString()).isTrue();
    assertThat(MetricsLog.read(file).getFirst().values()).containsEntry("loss", value);
  }

  @Test
  void doublesReadBackBitForBit() throws IOException {
    double[] values = {Math.PI, -0.0, Double.MIN_VALUE, Double.MAX_VALUE, 1e23, 0.1 + 0.2};
    try (MetricsLog log = MetricsLog.open(file)) {
      for (double value : values) {
        log.append(1, Map.of("x", value));
      }
    }
    assertThat(MetricsLog.read(file))
        .extracting(row -> row.values().get("x"))
        .containsExactly(Math.PI, -0.0, Double.MIN_VALUE, Double.MAX_VALUE, 1e23, 0.1 + 0.2);
  }

  @Test
  void cuttingBackToAStepMakesTheFileWhatItWasThen() throws IOException {
    byte[] then;
    try (MetricsLog log = MetricsLog.open(file)) {
      log.append(1, Map.of("loss", 3.0));
      log.append(2, Map.of("loss", 2.0));
      log.append(2, Map.of("heldOut", 2.5));
      then = Files.readAllBytes(file);
      log.append(3, Map.of("loss", 1.0));
      log.append(7, Map.of("loss", 0.5));
    }
    try (MetricsLog log = MetricsLog.open(file)) {
      log.truncateAfter(2);
      assertThat(Files.readAllBytes(file)).isEqualTo(then);
      log.append(3, Map.of("loss", 1.5));
    }
    assertThat(steps()).containsExactly(1L, 2L, 2L, 3L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"step\":2,\"lo", "{\"step\":2,\"loss\":1.0}", "\0\0\0", "{"})
  void aTornLastLineIsDropped(String torn) throws IOException {
    try (MetricsLog log = MetricsLog.open(file)) {
      log.append(1, Map.of("loss", 3.0));
    }
    Files.writeString(file, torn, StandardOpenOption.APPEND);
    assertThat(steps()).containsExactly(1L);
    try (MetricsLog log = MetricsLog.open(file)) {
      log.append(2, Map.of("loss", 2.0));
    }
    assertThat(steps()).containsExactly(1L, 2L);
  }

  @Test
  void aBrokenLineInTheMiddleIsNamedByFileAndLine() throws IOException {
    Files.writeString(file, "{\"step\":1}\n{\"stap\":2}\n{\"step\":3}\n");
    assertThatThrownBy(() -> MetricsLog.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": 2: this is no line of metrics: expected an object with a step");
  }

  @Test
  void stepsNeverGoBackAndNoMetricIsCalledStep() throws IOException {
    try (MetricsLog log = MetricsLog.open(file)) {
      log.append(5, Map.of());
      assertThatThrownBy(() -> log.append(4, Map.of()))
          .hasMessage(file + ": expected a step of at least 5, found 4");
      assertThatThrownBy(() -> log.append(5, Map.of("step", 1.0)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    try (MetricsLog log = MetricsLog.open(file)) {
      assertThatThrownBy(() -> log.append(4, Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
