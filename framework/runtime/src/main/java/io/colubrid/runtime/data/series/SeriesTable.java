package io.colubrid.runtime.data.series;

import io.colubrid.runtime.data.ContentHash;
import java.util.Arrays;
import java.util.List;

/**
 * A series in units of its own spread: each column less its mean, divided by its standard
 * deviation, both taken of the rows to train on alone.
 *
 * @param values [rows × columns], row-major
 * @param columns numbers of a row
 * @param targets the places in a row of the numbers to forecast
 * @param rows rows in all
 * @param training rows to train on, the first ones
 */
record SeriesTable(float[] values, int columns, int[] targets, int rows, int training) {

  static SeriesTable of(CsvTable table, List<String> targets, int training) {
    int columns = table.columns().size();
    float[] values = new float[Math.multiplyExact(table.rows(), columns)];
    for (int column = 0; column < columns; column++) {
      double mean = 0;
      for (int row = 0; row < training; row++) {
        mean += table.values()[row][column] / training;
      }
      double square = 0;
      for (int row = 0; row < training; row++) {
        double distance = table.values()[row][column] - mean;
        square += distance * distance / training;
      }
      // A column that never changes says nothing, in whatever unit.
      double deviation = square > 0 ? Math.sqrt(square) : 1;
      for (int row = 0; row < table.rows(); row++) {
        values[row * columns + column] = (float) ((table.values()[row][column] - mean) / deviation);
      }
    }
    int[] places = targets.stream().mapToInt(table.columns()::indexOf).toArray();
    return new SeriesTable(values, columns, places, table.rows(), training);
  }

  /** What is to be forecast for a row. */
  float target(int row, int target) {
    return values[row * columns + targets[target]];
  }

  /** Changes if a number does. */
  long fingerprint() {
    long hash = ContentHash.mix(columns) ^ ContentHash.mix(~(long) training);
    for (float value : values) {
      hash = ContentHash.mix(hash ^ Float.floatToIntBits(value));
    }
    return ContentHash.mix(hash ^ Arrays.hashCode(targets));
  }
}
