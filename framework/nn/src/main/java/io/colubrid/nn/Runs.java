package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Splits the steps of a tile into runs that belong to one document each, leaving out padding. Tiles
 * of a row are visited in order, or in reverse with the document that reaches a tile looked up.
 */
final class Runs {
  private static final int NONE = -1;

  private final @Nullable MemorySegment segments;
  private final int length;
  private final boolean reversed;
  private final int[] from;
  private final int[] to;
  private final boolean[] starts;
  private int count;

  /**
   * @param segments I32 [batch, length], or null if every row is one document
   * @param reversed whether step 0 is the last position
   * @param steps most steps a tile
   */
  private Runs(@Nullable MemorySegment segments, int length, boolean reversed, int steps) {
    this.segments = segments;
    this.length = length;
    this.reversed = reversed;
    from = new int[steps];
    to = new int[steps];
    starts = new boolean[steps];
  }

  /** Those of a call whose optional input {@code segments} is I32 [batch, length]. */
  static Runs of(CpuCall call, int segments, int length, boolean reversed) {
    MemorySegment given = call.hasInput(segments) ? call.input(segments) : null;
    return new Runs(given, length, reversed, ChannelGroups.TILE);
  }

  /** Looks at the steps {@code first} to {@code first + steps} of a row of the batch. */
  void split(int row, int first, int steps) {
    count = 0;
    if (segments == null) {
      add(0, steps, false);
      return;
    }
    int document = documentBefore(segments, row, first);
    int t = 0;
    while (t < steps) {
      int here = at(segments, row, first + t);
      int end = t + 1;
      while (end < steps && at(segments, row, first + end) == here) {
        end++;
      }
      if (here >= 0) {
        add(t, end, document >= 0 && here != document);
        document = here;
      }
      t = end;
    }
  }

  private void add(int first, int end, boolean start) {
    from[count] = first;
    to[count] = end;
    starts[count] = start;
    count++;
  }

  private int documentBefore(MemorySegment known, int row, int first) {
    for (int t = first - 1; t >= 0; t--) {
      int here = at(known, row, t);
      if (here >= 0) {
        return here;
      }
    }
    return NONE;
  }

  private int at(MemorySegment known, int row, int step) {
    int position = reversed ? length - 1 - step : step;
    return known.getAtIndex(JAVA_INT, (long) row * length + position);
  }

  int count() {
    return count;
  }

  int from(int run) {
    return from[run];
  }

  int to(int run) {
    return to[run];
  }

  /** Whether the run begins a document behind another one, so that it starts from nothing. */
  boolean starts(int run) {
    return starts[run];
  }

  /** Steps {@code from} to {@code to} of a tile. */
  interface StepsTask {
    void run(int from, int to);
  }

  /** Visits the steps of the tile that belong to no run. */
  void forEachPadding(int steps, StepsTask task) {
    int behind = 0;
    for (int run = 0; run < count; run++) {
      if (from[run] > behind) {
        task.run(behind, from[run]);
      }
      behind = to[run];
    }
    if (steps > behind) {
      task.run(behind, steps);
    }
  }
}
