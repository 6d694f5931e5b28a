package io.colubrid.testkit.trial;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.random.ElementDraw;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Values for all parameters of a layer.
 *
 * @param values row-major elements by path
 */
public record Weights(Map<String, double[]> values) {

  /** What a new model would start from. */
  public static Weights initial(List<ModelParameter> parameters, long seed) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (ModelParameter parameter : parameters) {
      ElementDraw draw = new ElementDraw(seed, RandomStream.named(parameter.path()).key());
      double[] elements = new double[Math.toIntExact(parameter.shape().elements())];
      for (int i = 0; i < elements.length; i++) {
        draw.moveTo(i);
        elements[i] = (float) parameter.initializer().value(i, parameter.shape(), draw);
      }
      values.put(parameter.path(), elements);
    }
    return new Weights(values);
  }

  /**
   * Initial values with noise upon them, so that nothing is zero or one, or equal to its neighbour,
   * and the layer still works in a sensible range.
   */
  public static Weights random(List<ModelParameter> parameters, long seed) {
    Weights weights = initial(parameters, seed);
    for (ModelParameter parameter : parameters) {
      Random random = new Random(seed + 31L * parameter.path().hashCode());
      double[] elements = weights.of(parameter.path());
      double noise = noise(parameter.shape());
      for (int i = 0; i < elements.length; i++) {
        elements[i] = (float) (elements[i] + noise * random.nextGaussian());
      }
    }
    return weights;
  }

  private static double noise(Shape shape) {
    return shape.rank() < 2 ? 0.25 : 0.5 / Math.sqrt((double) shape.product(1, shape.rank()));
  }

  /** The elements of a parameter. */
  public double[] of(String path) {
    double[] elements = values.get(path);
    if (elements == null) {
      throw new IllegalArgumentException(
          "no values for the parameter " + path + ", only for " + values.keySet());
    }
    return elements;
  }

  /** The same, with other elements for one parameter. */
  public Weights with(String path, double[] elements) {
    Map<String, double[]> changed = new LinkedHashMap<>(values);
    changed.put(path, elements);
    return new Weights(changed);
  }

  /** The same, as BF16 has them. */
  public Weights inBf16() {
    Map<String, double[]> rounded = new LinkedHashMap<>();
    values.forEach((path, elements) -> rounded.put(path, Elements.rounded(elements)));
    return new Weights(rounded);
  }

  /** The same, each off by at most what BF16 rounds away. */
  public Weights moved(Random random) {
    Map<String, double[]> moved = new LinkedHashMap<>();
    values.forEach((path, elements) -> moved.put(path, Elements.moved(elements, random)));
    return new Weights(moved);
  }

  void write(ParameterStore store) {
    for (ModelParameter parameter : store.parameters()) {
      ParameterBinding.Slot slot = store.master(parameter);
      double[] elements = of(parameter.path());
      long bytes = (long) elements.length * slot.dtype().bytes();
      slot.storage()
          .edit(slot.offset(), bytes, host -> Elements.write(host, slot.dtype(), elements));
    }
  }
}
