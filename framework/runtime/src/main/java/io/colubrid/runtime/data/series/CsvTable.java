package io.colubrid.runtime.data.series;

import io.colubrid.runtime.config.NearMatch;
import io.colubrid.runtime.data.DataException;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Columns of numbers of a CSV file, in the order of time.
 *
 * @param columns their names
 * @param values [rows][columns]
 */
record CsvTable(List<String> columns, double[][] values) {
  private static final Set<String> NO_NUMBER = Set.of("", "na", "nan", "null", "none", "-", "?");

  /**
   * Reads a file whose first line names the columns.
   *
   * @param wanted the columns to read, in that order
   * @throws DataException naming file and line of what is no table of numbers
   */
  static CsvTable read(Path path, char separator, List<String> wanted, Missing missing) {
    boolean packed = path.toString().endsWith(".gz");
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          "no file '%s' (looked for %s); check the data's path"
              .formatted(path, path.toAbsolutePath()));
    }
    try (InputStream file = Files.newInputStream(path);
        InputStream in = packed ? new GZIPInputStream(file) : file;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return new Reading(path, separator, wanted, missing).read(lines);
    } catch (ZipException | EOFException e) {
      throw new DataException(
          "'%s' is not a whole gzip file (%s); fetch it again".formatted(path, e.getMessage()), e);
    } catch (IOException e) {
      throw new DataException("cannot read '%s': %s".formatted(path, e), e);
    }
  }

  private record Reading(Path path, char separator, List<String> wanted, Missing missing) {
    CsvTable read(BufferedReader lines) throws IOException {
      String header = lines.readLine();
      if (header == null || header.isBlank()) {
        throw new DataException("'%s' begins with no line that names its columns".formatted(path));
      }
      List<String> names = cells(header.replace("\uFEFF", ""), 1);
      int[] places = wanted.stream().mapToInt(column -> place(column, names)).toArray();
      List<double[]> rows = new ArrayList<>();
      int number = 1;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          rows.add(row(cells(line, number), names, places, number, rows));
        }
      }
      if (rows.isEmpty()) {
        throw new DataException("'%s' has no rows below its header".formatted(path));
      }
      return new CsvTable(wanted, rows.toArray(double[][]::new));
    }

    private int place(String column, List<String> names) {
      int place = names.indexOf(column);
      if (place < 0) {
        throw new DataException(
            "'%s' has no column '%s'%s".formatted(path, column, NearMatch.hint(column, names)));
      }
      return place;
    }

    private double[] row(
        List<String> cells, List<String> names, int[] places, int line, List<double[]> before) {
      if (cells.size() != names.size()) {
        throw new DataException(
            "%s: %d: expected %d cells as in the header, found %d"
                .formatted(path, line, names.size(), cells.size()));
      }
      double[] row = new double[places.length];
      for (int i = 0; i < places.length; i++) {
        String cell = cells.get(places[i]).strip();
        row[i] =
            NO_NUMBER.contains(cell.toLowerCase(Locale.ROOT))
                ? missing(names.get(places[i]), i, line, before)
                : number(cell, names.get(places[i]), line);
      }
      return row;
    }

    private double number(String cell, String column, int line) {
      try {
        double value = Double.parseDouble(cell);
        if (Double.isFinite(value)) {
          return value;
        }
      } catch (NumberFormatException noNumber) {
        // Told below, as what is infinite is.
      }
      throw new DataException(
          "%s: %d: column '%s' holds '%s', which is no number; leave that column out of data.columns, or mend the cell"
              .formatted(path, line, column, cell));
    }

    private double missing(String column, int place, int line, List<double[]> before) {
      if (missing == Missing.ERROR) {
        throw new DataException(
            "%s: %d: column '%s' is empty; mend it, or set data.missing = fill to take the number of the row before"
                .formatted(path, line, column));
      }
      if (before.isEmpty()) {
        throw new DataException(
            "%s: %d: column '%s' is empty in the first row, so there is no number before it to take"
                .formatted(path, line, column));
      }
      return before.getLast()[place];
    }

    /** The cells of a line; a quoted one may hold separators, and quotes that are doubled. */
    private List<String> cells(String line, int number) {
      List<String> cells = new ArrayList<>();
      StringBuilder cell = new StringBuilder();
      boolean quoted = false;
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        boolean doubled = quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"';
        if (doubled) {
          cell.append(c);
          i++;
        } else if (c == '"') {
          quoted = !quoted;
        } else if (c == separator && !quoted) {
          cells.add(cell.toString());
          cell.setLength(0);
        } else {
          cell.append(c);
        }
      }
      if (quoted) {
        throw new DataException(
            "%s: %d: a quote is not closed on its line".formatted(path, number));
      }
      cells.add(cell.toString());
      return cells;
    }
  }

  int rows() {
    return values.length;
  }

  /** The numbers of one row. */
  double[] row(int index) {
    return Arrays.copyOf(values[index], columns.size());
  }
}
