package io.colubrid.runtime.data;

/** How documents share a row. */
public enum Packing {
  /**
   * Each document, or piece of one, is a segment of its own: nothing of its neighbours reaches it.
   */
  PACKED,
  /** One stream across documents, as GPT's training has it: a row is one segment. */
  DENSE
}
