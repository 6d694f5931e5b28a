package io.colubrid.runtime.builtin;

/** Which norm stands before a head's product. */
public enum NormKind {
  /** Root mean square, with a weight. */
  RMS,
  /** Mean and variance, with weight and bias. */
  LAYER,
  NONE
}
