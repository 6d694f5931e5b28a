package io.colubrid.spi.layer;

import io.colubrid.spi.tensor.Shape;

/**
 * Gives each element of a new parameter its value, independently of all others, so that an
 * initialisation does not depend on order or on the number of threads.
 */
@FunctionalInterface
public interface Initializer {

  /**
   * @param index row-major index of the element
   * @param shape the parameter's shape
   * @param draw this element's random numbers
   */
  double value(long index, Shape shape, Draw draw);

  /** Random numbers that belong to one element. */
  interface Draw {
    /** Uniform in [0, 1). */
    double uniform();

    /** Standard normal. */
    double normal();
  }

  static Initializer constant(double value) {
    return (index, shape, draw) -> value;
  }

  static Initializer normal(double standardDeviation) {
    return (index, shape, draw) -> standardDeviation * draw.normal();
  }

  /** Uniform in [−bound, bound). */
  static Initializer uniform(double bound) {
    return (index, shape, draw) -> bound * (2 * draw.uniform() - 1);
  }

  /**
   * Kaiming-uniform with a = √5, as PyTorch initialises its linear layers: uniform in ±1/√fan-in,
   * the fan-in being all axes but the first.
   */
  static Initializer kaimingUniform() {
    return kaimingUniform(1);
  }

  /** The same, multiplied by a factor. */
  static Initializer kaimingUniform(double factor) {
    return (index, shape, draw) ->
        factor / Math.sqrt((double) shape.product(1, shape.rank())) * (2 * draw.uniform() - 1);
  }
}
