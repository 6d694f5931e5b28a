package io.colubrid.runtime.data.series;

/** What to do where a cell holds no number. */
public enum Missing {
  /** Tell its line and stop. */
  ERROR,
  /** Take the number of the row before it. */
  FILL
}
