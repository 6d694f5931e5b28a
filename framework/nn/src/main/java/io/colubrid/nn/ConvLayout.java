package io.colubrid.nn;

/**
 * Where things lie in the scratch memory of one slot of a causal convolution, in bytes. A window is
 * the inputs of a tile of one block of channels with the width − 1 inputs before them.
 */
final class ConvLayout {
  final int width;
  final long vector;

  /** A vector a tap, for each block. */
  final long weights;

  /** A vector a block. */
  final long bias;

  final long window;

  /** [steps, lanes]: what comes out. */
  final long y;

  /** [steps, lanes]: the gradient that arrives. */
  final long gradY;

  final long gradWindow;
  final long gradWeights;
  final long gradBias;
  final long bytes;

  ConvLayout(int lanes, int width, int blocks) {
    this.width = width;
    vector = 4L * lanes;
    long taps = width * vector;
    long column = ChannelGroups.TILE * vector;
    weights = 0;
    bias = weights + blocks * taps;
    window = bias + blocks * vector;
    y = window + column + taps;
    gradY = y + column;
    gradWindow = gradY + column;
    gradWeights = gradWindow + column + taps;
    gradBias = gradWeights + blocks * taps;
    bytes = gradBias + blocks * vector;
  }
}
