package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al., 2021), in the half-split convention of Llama's checkpoints:
 * feature i turns together with feature i + headDim/2, by the angle position · frequency(i).
 */
public final class Rotary {
  private final double[] frequencies;

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
    frequencies = new double[Math.toIntExact(headDim / 2)];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = scaling.apply(Math.pow(theta, -2.0 * i / headDim));
    }
  }

  /**
   * @param x [batch, length, heads, headDim]
   * @param positions I32 [batch, length], or null for 0 to length − 1
   * @param offsets I32 [batch], added to the positions of each row, or null
   * @return x turned, in its own dtype
   */
  public Tensor apply(Ops ops, Tensor x, @Nullable Tensor positions, @Nullable Tensor offsets) {
    // Angles are large numbers: in BF16 they would be off by whole turns.
    DType precision = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
    Tensor angles = angles(ops, precision, x.dim(1), positions, offsets);
    Tensor cos = ops.unary(Unary.COS, angles);
    Tensor sin = ops.unary(Unary.SIN, angles);
    long half = frequencies.length;
    List<Tensor> halves = ops.split(ops.cast(x, precision), 3, half, half);
    Tensor first = halves.get(0);
    Tensor second = halves.get(1);
    Tensor turned =
        ops.concat(
            3,
            List.of(
                ops.subtract(ops.multiply(first, cos), ops.multiply(second, sin)),
                ops.add(ops.multiply(second, cos), ops.multiply(first, sin))));
    return ops.cast(turned, x.dtype());
  }

  /** [batch or 1, length, 1, headDim/2]. */
  private Tensor angles(
      Ops ops, DType dtype, long length, @Nullable Tensor positions, @Nullable Tensor offsets) {
    Tensor at =
        positions == null
            ? ops.reshape(ops.range(dtype, length), Shape.of(1, length, 1, 1))
            : ops.reshape(ops.cast(positions, dtype), Shape.of(positions.dim(0), length, 1, 1));
    if (offsets != null) {
      at = ops.add(at, ops.reshape(ops.cast(offsets, dtype), Shape.of(offsets.dim(0), 1, 1, 1)));
    }
    Shape shape = Shape.of(1, 1, 1, frequencies.length);
    return ops.multiply(at, ops.constant(dtype, shape, frequencies));
  }
}
