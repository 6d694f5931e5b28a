package io.colubrid.runtime.checkpoint;

/** Bounds of step sizes in a foreign config, as our key {@code time-step-limit}. */
record StepBounds(double min, double max) {
  /** No bounds: step sizes are positive by themselves. */
  static final StepBounds NONE = new StepBounds(0, Double.POSITIVE_INFINITY);

  String hocon() {
    String most = Double.isInfinite(max) ? "null" : Double.toString(max);
    return "time-step-limit { min = %s, max = %s }".formatted(min, most);
  }
}
