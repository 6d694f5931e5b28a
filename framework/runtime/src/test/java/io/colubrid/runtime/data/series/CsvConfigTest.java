package io.colubrid.runtime.data.series;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.ItemStream;
import io.colubrid.runtime.data.Score;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvConfigTest {
  @TempDir Path folder;

  private CsvConfig config(
      List<String> columns,
      Optional<List<String>> targets,
      int horizon,
      int season,
      Missing missing,
      double heldOut) {
    return new CsvConfig(
        DataSource.CSV,
        folder.resolve("series.csv").toString(),
        ",",
        columns,
        targets,
        horizon,
        season,
        missing,
        heldOut,
        3);
  }

  private CsvConfig config(Missing missing) {
    return config(List.of("a", "b"), Optional.empty(), 1, 0, missing, 0.2);
  }

  private void write(String text) throws IOException {
    Files.writeString(folder.resolve("series.csv"), text);
  }

  /** Rows whose column a counts up from 0 and whose b goes round. */
  private void writeRows(int rows) throws IOException {
    StringBuilder text = new StringBuilder("day,a,b\n");
    for (int i = 0; i < rows; i++) {
      text.append("\"d, %d\",%d,%d\n".formatted(i, i, i % 7));
    }
    write(text.toString());
  }

  private void assertRefused(String text, String... parts) throws IOException {
    write(text);
    assertThatThrownBy(() -> config(Missing.ERROR).open())
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void brokenTablesAreToldByLine() throws IOException {
    assertThatThrownBy(() -> config(Missing.ERROR).open()).hasMessageContaining("series.csv");
    assertRefused("", "no line that names its columns");
    assertRefused("a,b\n", "no rows below its header");
    assertRefused("a,bb\n1,2\n", "no column 'b'", "there are a, bb");
    assertRefused("a,b\n1,2\n3\n", "series.csv: 3:", "expected 2 cells as in the header, found 1");
    assertRefused("a,b\n1,2\n3,4,5\n", "series.csv: 3:", "found 3");
    assertRefused("a,b\n1,2\n3,four\n", "series.csv: 3:", "column 'b' holds 'four'");
    assertRefused("a,b\n1,2\nInfinity,4\n", "series.csv: 3:", "column 'a' holds 'Infinity'");
    assertRefused("a,b\n1,2\n\n3,\n", "series.csv: 4:", "column 'b' is empty", "missing = fill");
    assertRefused("a,b\n1,2\n\"3,4\n", "series.csv: 3:", "a quote is not closed");
    assertRefused("a,b\n1,2\n", "has 1 rows, too few");
  }

  @Test
  void anEmptyCellMayTakeTheNumberBeforeIt() throws IOException {
    write("a,b\n1,10\n2,\n3,NA\n4,40\n");
    CsvTable table =
        CsvTable.read(folder.resolve("series.csv"), ',', List.of("b", "a"), Missing.FILL);
    assertThat(table.values()).isDeepEqualTo(new double[][] {{10, 1}, {10, 2}, {10, 3}, {40, 4}});
    write("a,b\n,10\n2,3\n");
    assertThatThrownBy(() -> config(Missing.FILL).open())
        .hasMessageContaining("series.csv: 2:")
        .hasMessageContaining("no number before it");
  }

  @Test
  void theNormalisationKnowsTheRowsToTrainOnAlone() throws IOException {
    writeRows(100);
    CsvTable table = CsvTable.read(folder.resolve("series.csv"), ',', List.of("a"), Missing.ERROR);
    SeriesTable series = SeriesTable.of(table, List.of("a"), 80);
    double mean = 79 / 2.0;
    double deviation = Math.sqrt((80 * 80 - 1) / 12.0);
    assertThat(series.target(0, 0)).isCloseTo((float) (-mean / deviation), within(1e-5f));
    assertThat(series.target(99, 0)).isCloseTo((float) ((99 - mean) / deviation), within(1e-5f));
  }

  @Test
  void targetsAreTheRowsThatComeLaterAndNeverHeldOutOnes() throws IOException {
    writeRows(60);
    CsvConfig config =
        config(List.of("a", "b"), Optional.of(List.of("b")), 3, 0, Missing.ERROR, 0.25);
    SeriesData data = config.open();
    assertThat(data.shape()).isEqualTo(new DataShape.Series(2, 1));
    SeriesTable series =
        SeriesTable.of(
            CsvTable.read(folder.resolve("series.csv"), ',', List.of("a", "b"), Missing.ERROR),
            List.of("b"),
            45);
    ItemStream stream = data.training(8, 1);
    try (Arena arena = Arena.ofConfined()) {
      ItemBatch batch = stream.allocate(arena, 1);
      List<Float> begins = new ArrayList<>();
      int windows = 45 - 8 - 3 + 1;
      for (int i = 0; i < windows; i++) {
        assertThat(stream.fill(batch)).isEqualTo(8);
        float first = batch.input().get(JAVA_FLOAT, 0);
        begins.add(first);
        int row = rowOf(series, first);
        for (int step = 0; step < 8; step++) {
          assertThat(row + step + 3).isLessThan(45);
          assertThat(batch.targets().getAtIndex(JAVA_FLOAT, step))
              .isEqualTo(series.target(row + step + 3, 0));
        }
      }
      assertThat(begins).doesNotHaveDuplicates();
    }
  }

  private static int rowOf(SeriesTable series, float a) {
    for (int row = 0; row < series.rows(); row++) {
      if (series.values()[2 * row] == a) {
        return row;
      }
    }
    throw new AssertionError("no row has " + a);
  }

  @ParameterizedTest
  @CsvSource({"8, 1, 3", "8, 3, 2", "1, 1, 4", "30, 2, 2", "37, 1, 1"})
  void everyHeldOutRowIsForecastOnce(int length, int horizon, int batchRows) throws IOException {
    writeRows(50);
    CsvConfig config = config(List.of("a", "b"), Optional.empty(), horizon, 7, Missing.ERROR, 0.3);
    SeriesData data = config.open();
    SeriesHeldOut pass = data.heldOut(length);
    try (Arena arena = Arena.ofConfined()) {
      ItemBatch batch = pass.allocate(arena, batchRows);
      pass.rewind();
      while (pass.next(batch)) {
        // The truth and 1: each target that counts adds 1 to either error.
        float[] answers = batch.targets().toArray(JAVA_FLOAT);
        for (int i = 0; i < answers.length; i++) {
          answers[i] += 1;
        }
        pass.add(0, arena.allocateFrom(JAVA_FLOAT, answers));
      }
      Score score = pass.score();
      assertThat(score.value()).isCloseTo(1, within(1e-5));
      assertThat(pass.counted()).isEqualTo(15 * 2L);
      double deviation = Math.sqrt((35 * 35 - 1) / 12.0);
      List<Double> more = List.copyOf(score.more().values());
      assertThat(more.get(0)).isCloseTo(1, within(1e-5));
      // A week before, a was 7 less and b was the same.
      assertThat(more.get(2)).isCloseTo(49 / (deviation * deviation) / 2, within(1e-4));
    }
  }

  @Test
  void tooFewRowsForAWindowAreTold() throws IOException {
    writeRows(20);
    SeriesData data = config(Missing.ERROR).open();
    assertThatThrownBy(() -> data.training(16, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("16 rows are too few for windows of 16")
        .hasMessageContaining("train.length");
  }

  @Test
  void keysThatDoNotFitAreTold() {
    CsvConfig wrong =
        new CsvConfig(
            DataSource.CSV,
            " ",
            ",,",
            List.of("a", "a"),
            Optional.of(List.of("c")),
            1,
            0,
            Missing.ERROR,
            1,
            1);
    assertThat(wrong.problems())
        .containsOnlyKeys("path", "separator", "columns", "targets", "held-out", "read-ahead");
  }
}
