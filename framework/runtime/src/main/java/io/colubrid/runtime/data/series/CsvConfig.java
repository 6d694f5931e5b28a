package io.colubrid.runtime.data.series;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataPath;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.DataSource;
import io.colubrid.runtime.data.KeyChecks;
import io.colubrid.runtime.data.Task;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Columns of numbers over time, of which some are forecast.
 *
 * @param path the file; {@code ~/} is the home folder
 * @param separator what stands between cells: one character
 * @param columns the columns that a model sees
 * @param targets those of them that it forecasts; absent for all
 * @param horizon how many rows later
 * @param season rows of a season, for a naive forecast to compare with; 0 for none
 * @param missing what to do where a cell is empty
 * @param heldOut share of the rows, the last ones, to evaluate on
 */
public record CsvConfig(
    DataSource source,
    @Nullable String path,
    String separator,
    List<String> columns,
    Optional<List<String>> targets,
    @Positive int horizon,
    @Range(min = 0) int season,
    Missing missing,
    double heldOut,
    int readAhead)
    implements io.colubrid.runtime.data.DataConfig {

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    KeyChecks.path(path, "source = csv needs the file to read", problems);
    if (separator.length() != 1 || separator.equals("\"")) {
      problems.put("separator", "must be a single character other than a quote");
    }
    if (columns.isEmpty()) {
      problems.put("columns", "expected the names of the columns that a model sees");
    }
    if (new HashSet<>(columns).size() < columns.size()) {
      problems.put("columns", "names a column twice");
    }
    for (String target : forecast()) {
      if (!columns.contains(target)) {
        problems.put("targets", "'%s' is not among the columns".formatted(target));
      }
    }
    if (forecast().isEmpty()) {
      problems.put("targets", "names nothing to forecast; leave it out for all columns");
    }
    KeyChecks.share(heldOut, problems);
    KeyChecks.readAhead(readAhead, problems);
    return problems;
  }

  private List<String> forecast() {
    return targets.orElse(columns);
  }

  @Override
  public CsvConfig absolute() {
    return new CsvConfig(
        source,
        DataPath.absolute(path),
        separator,
        columns,
        targets,
        horizon,
        season,
        missing,
        heldOut,
        readAhead);
  }

  @Override
  public Task task() {
    return new Task(Task.Unit.ROW, SeriesHeldOut.SQUARED, "mean squared error", 1);
  }

  @Override
  public Optional<DataShape> knownShape() {
    return Optional.of(new DataShape.Series(columns.size(), forecast().size()));
  }

  @Override
  public String description() {
    return "%s of %s, %d %s later, the last %.0f %% of the rows held out"
        .formatted(
            String.join(", ", forecast()),
            path,
            horizon,
            horizon == 1 ? "row" : "rows",
            100 * heldOut);
  }

  @Override
  public SeriesData open() {
    requireUsable();
    CsvTable table =
        CsvTable.read(
            DataPath.of(Objects.requireNonNull(path)), separator.charAt(0), columns, missing);
    int training = (int) Math.round(table.rows() * (1 - heldOut));
    if (training == 0 || (heldOut > 0 && training == table.rows())) {
      throw new DataException(
          "'%s' has %d rows, too few to hold %s of them out"
              .formatted(path, table.rows(), heldOut));
    }
    return new SeriesData(SeriesTable.of(table, forecast(), training), horizon, season);
  }
}
