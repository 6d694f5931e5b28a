package io.colubrid.testkit.cuda;

import io.colubrid.engine.memory.Bf16;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * A matrix of a trial that is a parameter, so that {@code Ops.linear} takes it and puts out
 * activations.
 *
 * @param elements row-major
 */
public record TrialMatrix(ModelParameter parameter, double[] elements) {

  /** A matrix [out, in] of elements between −scale and scale. */
  public static TrialMatrix of(Random random, String name, double scale, long out, long in) {
    Shape shape = Shape.of(out, in);
    double[] elements = random.doubles(shape.elements(), -scale, scale).toArray();
    return new TrialMatrix(
        new ModelParameter(name, shape, Initializer.constant(0), Parameter.Role.MATRIX), elements);
  }

  /** Writes it, and its copy where the store has one. */
  void write(ParameterStore store, boolean rounded) {
    ParameterBinding.Slot master = store.master(parameter);
    long bytes = (long) elements.length * Float.BYTES;
    master
        .storage()
        .edit(
            master.offset(),
            bytes,
            host -> {
              for (int i = 0; i < elements.length; i++) {
                float element = (float) elements[i];
                host.setAtIndex(
                    ValueLayout.JAVA_FLOAT, i, rounded ? Bf16.rounded(element) : element);
              }
            });
    ParameterBinding.Slot copy = store.shadow(parameter);
    if (copy != null) {
      copy.storage()
          .edit(
              copy.offset(),
              (long) elements.length * Short.BYTES,
              host -> {
                for (int i = 0; i < elements.length; i++) {
                  host.setAtIndex(ValueLayout.JAVA_SHORT, i, Bf16.of((float) elements[i]));
                }
              });
    }
  }
}
