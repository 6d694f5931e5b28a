package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al., 2021), in the half-split convention of Llama's checkpoints:
 * feature i turns together with feature i + headDim/2, by the angle position · frequency(i).
 */
public final class Rotary {
  private final RotaryTurn turn;

  /** How the frequencies of a trained model are stretched to longer sequences. */
  @FunctionalInterface
  public interface Scaling {
    /**
     * @param frequency in radians a position
     * @return the frequency to use in its place
     */
    double apply(double frequency);

    static Scaling none() {
      return frequency -> frequency;
    }

    /** All positions divided by a factor. */
    static Scaling linear(double factor) {
      return frequency -> frequency / factor;
    }

    /**
     * Llama 3.1's: slow frequencies are divided by the factor, fast ones kept, those between
     * blended.
     *
     * @param factor by which the sequence grows
     * @param lowFactor turns within {@code originalLength} below which a frequency is slow
     * @param highFactor turns within {@code originalLength} above which a frequency is fast
     * @param originalLength positions the model was trained on before
     */
    static Scaling llama3(
        double factor, double lowFactor, double highFactor, double originalLength) {
      return frequency -> {
        double turns = originalLength * frequency / (2 * Math.PI);
        double kept = Math.clamp((turns - lowFactor) / (highFactor - lowFactor), 0, 1);
        return (1 - kept) * frequency / factor + kept * frequency;
      };
    }
  }

  /**
   * @param headDim features of a head; even
   * @param theta base of the frequencies: feature i turns by theta^(−2i/headDim) a position
   * @throws IllegalArgumentException if headDim is odd or not positive
   */
  public Rotary(long headDim, double theta, Scaling scaling) {
    if (headDim <= 0 || headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "rotary positions turn pairs of features, so the head size must be even; found "
              + headDim);
    }
    double[] frequencies = new double[Math.toIntExact(headDim / 2)];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = scaling.apply(Math.pow(theta, -2.0 * i / headDim));
    }
    turn = new RotaryTurn(frequencies);
  }

  /**
   * @param x [batch, length, heads, headDim]
   * @param positions I32 [batch, length], or null for 0 to length − 1
   * @param offsets I32 [batch], added to the positions of each row, or null
   * @return x turned, in its own dtype
   */
  public Tensor apply(Ops ops, Tensor x, @Nullable Tensor positions, @Nullable Tensor offsets) {
    return ops.apply(turn, x, positions, offsets).getFirst();
  }
}
