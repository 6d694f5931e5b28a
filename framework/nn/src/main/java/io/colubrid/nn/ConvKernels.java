package io.colubrid.nn;

import java.lang.foreign.MemorySegment;

/** The inner loops of {@link CausalConv1dCpu}, over one block of as many channels as lanes. */
interface ConvKernels {
  int lanes();

  /** Copies rows of one vector. */
  void copy(
      MemorySegment from,
      long at,
      long stride,
      MemorySegment to,
      long toAt,
      long toStride,
      int rows);

  /** Fills y with the weighted sums over the window. */
  void convolve(MemorySegment scratch, ConvLayout layout, int block, int steps);

  /** Applies SiLU to y. */
  void activate(MemorySegment scratch, ConvLayout layout, int steps);

  /** Multiplies the gradient of y by the slope of SiLU at y. */
  void slope(MemorySegment scratch, ConvLayout layout, int steps);

  /** Fills the gradient of the window, and adds to those of weights and bias. */
  void convolveBackward(MemorySegment scratch, ConvLayout layout, int block, int steps);
}
