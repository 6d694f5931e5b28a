package io.colubrid.runtime.data;

/**
 * A place in the training stream, all that a run must keep to continue it: where a window of rows
 * begins, and how many of its rows are used up.
 *
 * @param epoch passes over the documents that are complete where the window begins
 * @param chunk documents (or pieces of long ones), or items, of that epoch's order that come before
 *     it
 * @param offset tokens of the next one that come before it
 * @param row rows of the window, in its shuffled order, that are used up
 */
public record DataPosition(long epoch, long chunk, long offset, int row) {
  /** The beginning of the first epoch. */
  public static final DataPosition START = new DataPosition(0, 0, 0, 0);
}
