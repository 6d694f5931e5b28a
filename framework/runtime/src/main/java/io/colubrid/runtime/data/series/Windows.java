package io.colubrid.runtime.data.series;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.runtime.data.Items;
import java.lang.foreign.MemorySegment;

/**
 * Windows of a series: inputs F32 [length, columns], and for each of its rows the numbers so many
 * rows later, F32 [length, targets].
 *
 * @param length rows of a window
 * @param horizon rows from an input to its target
 * @param end windows' last targets lie before this row
 */
record Windows(SeriesTable series, int length, int horizon, int end) implements Items {
  @Override
  public long size() {
    return Math.max(0, end - length - horizon + 1);
  }

  @Override
  public long inputBytes() {
    return (long) length * series.columns() * Float.BYTES;
  }

  @Override
  public long targetBytes() {
    return (long) length * series.targets().length * Float.BYTES;
  }

  @Override
  public int targets() {
    return length;
  }

  /** Writes the window that begins at a row. */
  @Override
  public void read(long index, long key, MemorySegment input, MemorySegment target) {
    int begin = Math.toIntExact(index);
    int columns = series.columns();
    MemorySegment.copy(series.values(), begin * columns, input, JAVA_FLOAT, 0, length * columns);
    long at = 0;
    for (int row = begin + horizon; row < begin + horizon + length; row++) {
      for (int i = 0; i < series.targets().length; i++) {
        target.setAtIndex(JAVA_FLOAT, at++, series.target(row, i));
      }
    }
  }
}
