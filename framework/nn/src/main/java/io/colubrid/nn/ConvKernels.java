package io.colubrid.nn;

/**
 * The inner loops of {@link CausalConv1dCpu}, over one block of as many channels as a vector has
 * lanes. Scratch memory lies at an address, as its {@link ConvLayout} says.
 */
interface ConvKernels {
  int lanes();

  /** Copies rows of one vector. */
  void copy(long from, long stride, long to, long toStride, int rows);

  /** Fills y with the weighted sums over the window. */
  void convolve(long scratch, ConvLayout layout, int block, int steps);

  /** Applies SiLU to y. */
  void activate(long scratch, ConvLayout layout, int steps);

  /** Multiplies the gradient of y by the slope of SiLU at y. */
  void slope(long scratch, ConvLayout layout, int steps);

  /** Fills the gradient of the window, and adds to those of weights and bias. */
  void convolveBackward(long scratch, ConvLayout layout, int block, int steps);
}
