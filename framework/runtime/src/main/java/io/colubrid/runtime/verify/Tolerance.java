package io.colubrid.runtime.verify;

/**
 * Largest relative error ‖out − ref‖/‖ref‖ that passes.
 *
 * @param outputs of logits, loss and hidden states
 * @param gradients of gradients, in which errors of both passes add up
 */
public record Tolerance(double outputs, double gradients) {
  /** What two right implementations keep in F32. */
  public static final Tolerance F32 = of(1e-5);

  private static final double GRADIENT_SLACK = 10;

  /** A tolerance for outputs, and ten times as much for gradients. */
  public static Tolerance of(double outputs) {
    return new Tolerance(outputs, GRADIENT_SLACK * outputs);
  }
}
