package io.colubrid.nn;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of {@link SelectiveScanCpu}, over blocks of as many channels as a vector has
 * lanes. The steps {@code from} to {@code to} of a tile belong to one document.
 */
interface ScanKernels {
  int lanes();

  /** Turns vectors of A_log into A·log2(e) = −exp(A_log)·log2(e), in place. */
  void rates(MemorySegment segment, long at, int vectors);

  /** Fills the columns of Δ, Δ·u and, as the beginning of y, skip·u. */
  void open(ScanTile tile, boolean softplus, int block, int blocks, int from, int to);

  /** Advances {@code count} (1 or 2) states and adds what they put out to y. */
  void advance(ScanTile tile, int block, int state, int count, int from, int to);

  /** Writes y, gated if there is a gate, to the output. */
  void close(ScanTile tile, int block, int blocks, int from, int to);

  /**
   * Advances all states of one channel, as few steps want it: vectors run over the states.
   *
   * @param rates byte offset in the scratch of A·log2(e) of the channel
   * @param stateAt byte offset of the channel's states
   */
  void step(
      ScanTile tile,
      int block,
      int lane,
      long rates,
      MemorySegment state,
      long stateAt,
      int from,
      int to);

  /** Fills the column of the gradient of y before the gate; zeroes those of Δ and Δ·u. */
  void openBackward(ScanTile tile, int block, int blocks, int from, int to);

  /**
   * As {@link #advance}, leaving behind the decays and a trail of states.
   *
   * @param trail byte offset where the state before step 0 lies, or would lie
   */
  void retrace(ScanTile tile, int block, int state, int count, int from, int to, long trail);

  /**
   * Goes back along the trail of one state and gathers gradients.
   *
   * @param state the state
   * @param index which one of the states that were retraced it is
   */
  void retreat(ScanTile tile, int block, int state, int index, int from, int to, long trail);

  /** Writes the sum over the lanes of each of {@code count} vectors, {@code stride} bytes apart. */
  void sums(MemorySegment scratch, long at, int count, MemorySegment out, long outAt, long stride);

  /** Writes the gradients of u, delta and gate, and adds to those of skip and bias. */
  void closeBackward(ScanTile tile, boolean softplus, int block, int blocks, int from, int to);
}
