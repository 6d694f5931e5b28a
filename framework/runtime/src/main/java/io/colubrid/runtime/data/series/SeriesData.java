package io.colubrid.runtime.data.series;

import io.colubrid.runtime.data.DataException;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.ItemBatch;
import io.colubrid.runtime.data.ItemStream;

/** A series that was opened and split by time. */
public final class SeriesData implements DataSet<ItemBatch> {
  private final SeriesTable series;
  private final int horizon;
  private final int season;

  SeriesData(SeriesTable series, int horizon, int season) {
    this.series = series;
    this.horizon = horizon;
    this.season = season;
  }

  @Override
  public DataShape shape() {
    return new DataShape.Series(series.columns(), series.targets().length);
  }

  @Override
  public ItemStream training(int length, long seed) {
    return new ItemStream(windows(length, series.training()), seed);
  }

  private Windows windows(int length, int end) {
    Windows windows = new Windows(series, length, horizon, end);
    if (windows.size() == 0) {
      throw new DataException(
          "%d rows are too few for windows of %d with targets %d later; set a smaller train.length"
              .formatted(end, length, horizon));
    }
    return windows;
  }

  @Override
  public SeriesHeldOut heldOut(int length) {
    windows(length, series.rows());
    return new SeriesHeldOut(series, length, horizon, season);
  }

  @Override
  public long fingerprint() {
    return series.fingerprint();
  }

  /** Holds nothing that must be given back. */
  @Override
  public void close() {}
}
