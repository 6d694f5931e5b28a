package io.colubrid.nn;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.tensor.Shape;

/**
 * How the biases of step sizes start in state space layers: the inverse of softplus at steps whose
 * logarithms are spread evenly from min to max (as in mamba_ssm).
 *
 * @param floor no step starts below this
 */
public record StepBias(double min, double max, double floor) implements Initializer {

  /**
   * @throws InvalidLayerException at the key {@code dt-min}, if min is above max
   */
  public StepBias {
    if (min > max) {
      throw new InvalidLayerException(
          "dt-min",
          "dt-min must not be above dt-max, but is %s, and dt-max is %s".formatted(min, max));
    }
  }

  @Override
  public double value(long index, Shape shape, Draw draw) {
    double logarithm = Math.log(min) + draw.uniform() * (Math.log(max) - Math.log(min));
    double step = Math.max(Math.exp(logarithm), floor);
    return step + Math.log(-Math.expm1(-step));
  }
}
