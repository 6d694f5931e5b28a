package io.colubrid.nn;

/**
 * The inner loops of {@link SelectiveScanCpu}, over one block of as many channels as a vector has
 * lanes. The steps {@code from} to {@code to} of a tile belong to one document.
 */
interface ScanKernels {
  int lanes();

  /** Turns vectors of A_log into A·log2(e) = −exp(A_log)·log2(e), in place. */
  void rates(long at, int vectors);

  /** Fills the records with Δ, Δ·u and, as the beginning of y, skip·u. */
  void open(ScanTile tile, boolean softplus, int block, int from, int to);

  /** Advances one state and adds what it puts out to y. */
  void advance(ScanTile tile, int block, int state, int from, int to);

  /** Writes y, gated if there is a gate, to the output. */
  void close(ScanTile tile, int block, int from, int to);

  /**
   * Advances all states of some channels from block 0 on, as few steps want it: vectors run over
   * the states.
   *
   * @param state address of the states [channels, states]; the layout's rates lie likewise
   */
  void step(ScanTile tile, int channels, long state, int from, int to);

  /** Fills the records with the gradient of y before the gate; zeroes those of Δ and Δ·u. */
  void openBackward(ScanTile tile, int block, int from, int to);

  /**
   * As {@link #advance} for {@code count} states (1 or 2), leaving behind a trail of decays, and of
   * the states before each step and after the last.
   */
  void retrace(ScanTile tile, int block, int state, int count, int from, int to);

  /** Goes back along the trail of the states that were retraced, and gathers gradients. */
  void retreat(ScanTile tile, int block, int state, int count, int from, int to);

  /** Writes the sum over the lanes of each of {@code count} vectors, {@code apart} bytes apart. */
  void sums(long at, long apart, int count, long out, long outStride);

  /** Writes the gradients of u, delta and gate, and adds to those of skip and bias. */
  void closeBackward(ScanTile tile, boolean softplus, int block, int from, int to);
}
