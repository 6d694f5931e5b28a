package io.colubrid.runtime.data.series;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.HeldOut;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Score;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Forecasts for the end of a series, each held-out row once, from what stands before it: a row is
 * forecast in the later half of a window, or in all of it where the series begins. Errors are in
 * units of the training rows' standard deviation. Beside the model's error stand those of naive
 * forecasts: that nothing changes, and that everything is as it was a season before.
 */
final class SeriesHeldOut implements HeldOut<ItemBatch> {
  static final Measure SQUARED = Measure.lower("mean squared error", "squared error");
  private static final Measure ABSOLUTE = Measure.lower("mean absolute error", "absolute error");
  private static final Measure LAST =
      Measure.lower("squared error of the last value", "last value");
  private static final Measure SEASON =
      Measure.lower("squared error of the season before", "season before");

  private final SeriesTable series;
  private final Windows windows;
  private final int season;
  private final List<Part> parts;
  private final List<Part> current = new ArrayList<>();
  private int next;
  private long count;
  private double squared;
  private double absolute;
  private double last;
  private double seasonal;

  /**
   * A window, and which of its rows count.
   *
   * @param begin first row of the window
   * @param from first of the window's rows whose target counts
   */
  private record Part(int begin, int from) {}

  /**
   * @param season rows of a season, or 0 for none
   * @throws DataException if nothing is held out
   */
  SeriesHeldOut(SeriesTable series, int length, int horizon, int season) {
    if (series.training() == series.rows()) {
      throw new DataException(
          "no rows are held out, so there is nothing to evaluate on; set held-out above 0");
    }
    this.series = series;
    this.windows = new Windows(series, length, horizon, series.rows());
    this.season = season >= horizon ? season : 0;
    this.parts = parts();
  }

  private List<Part> parts() {
    int length = windows.length();
    int step = Math.max(1, length / 2);
    List<Part> found = new ArrayList<>();
    int target = Math.max(series.training(), windows.horizon());
    while (target < series.rows()) {
      int wished = target + step - length - windows.horizon();
      int begin = Math.clamp(wished, 0, series.rows() - length - windows.horizon());
      found.add(new Part(begin, target - windows.horizon() - begin));
      target = begin + length + windows.horizon();
    }
    return found;
  }

  @Override
  public ItemBatch allocate(Arena arena, int rows) {
    return ItemBatch.allocate(arena, rows, windows);
  }

  @Override
  public void rewind() {
    next = 0;
    count = 0;
    squared = 0;
    absolute = 0;
    last = 0;
    seasonal = 0;
  }

  @Override
  public boolean next(ItemBatch into) {
    if (next == parts.size()) {
      return false;
    }
    current.clear();
    for (int row = 0; row < into.rows(); row++) {
      // Behind the last window stand copies of it, which do not count.
      Part part = parts.get(Math.min(next, parts.size() - 1));
      if (next < parts.size()) {
        current.add(part);
        next++;
      }
      windows.read(part.begin(), 0, into.input(row), into.targets(row));
    }
    return true;
  }

  @Override
  public boolean readsAnswers() {
    return true;
  }

  @Override
  public void add(double summedLoss, MemorySegment answers) {
    int targets = series.targets().length;
    for (int window = 0; window < current.size(); window++) {
      Part part = current.get(window);
      for (int row = part.from(); row < windows.length(); row++) {
        long at = ((long) window * windows.length() + row) * targets;
        for (int target = 0; target < targets; target++) {
          count(part.begin() + row, target, answers.getAtIndex(JAVA_FLOAT, at + target));
        }
      }
    }
  }

  /**
   * @param from the last row that the forecast knows
   */
  private void count(int from, int target, double forecast) {
    int row = from + windows.horizon();
    double truth = series.target(row, target);
    count++;
    squared += square(forecast - truth);
    absolute += Math.abs(forecast - truth);
    last += square(series.target(from, target) - truth);
    if (season > 0) {
      seasonal += square(series.target(Math.max(0, row - season), target) - truth);
    }
  }

  /** How many numbers were compared. */
  long counted() {
    return count;
  }

  private static double square(double x) {
    return x * x;
  }

  @Override
  public Score score() {
    Score score =
        Score.of(SQUARED, squared / count)
            .with(ABSOLUTE, absolute / count)
            .with(LAST, last / count);
    return season > 0 ? score.with(SEASON, seasonal / count) : score;
  }
}
