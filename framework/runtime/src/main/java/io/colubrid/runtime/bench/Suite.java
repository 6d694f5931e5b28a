package io.colubrid.runtime.bench;

import java.util.Locale;

/** What a benchmark measures. */
public enum Suite {
  /** One operation. */
  KERNELS,
  /** A whole model: training, reading a prompt, writing. */
  MODELS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
