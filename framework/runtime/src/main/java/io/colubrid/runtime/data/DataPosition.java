package io.colubrid.runtime.data;

/**
 * A place in the training stream, all that a run must keep to continue it.
 *
 * @param epoch passes over the documents that are complete
 * @param chunk documents (or pieces of long ones) of this epoch's order that are used up
 * @param offset tokens of the next one that are used up
 */
public record DataPosition(long epoch, long chunk, long offset) {
  /** The beginning of the first epoch. */
  public static final DataPosition START = new DataPosition(0, 0, 0);
}
