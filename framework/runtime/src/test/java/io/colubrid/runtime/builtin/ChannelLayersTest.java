package io.colubrid.runtime.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.nn.Activation;
import io.colubrid.runtime.Trial;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerTraits;
import io.colubrid.spi.layer.Parameter.Role;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ChannelLayersTest {
  private static final int WIDTH = 4;
  private static final int INNER = 5;
  private static final int ROWS = 6;

  private static MlpConfig mlp(double expand, OptionalLong width, Activation activation) {
    return new MlpConfig(expand, width, activation, true, 0);
  }

  private static double[] run(Layer layer, Trial trial) {
    Value x = trial.floats(Shape.of(2, 3, WIDTH), Trial.normal(new Random(9), ROWS * WIDTH, 1));
    ModelPass pass =
        new ModelPass(trial.recorder(), true, RowSequences.dense(), null, new PassObserver() {});
    Tensor y = layer.forward(x, pass);
    assertThat(y.type()).isEqualTo(x.type());
    Executable program = trial.prepare(y);
    program.run();
    return trial.elements(program, y);
  }

  private static double[] input() {
    return Trial.normal(new Random(9), ROWS * WIDTH, 1);
  }

  /** x·Wᵀ + b by hand. */
  private static double[] product(double[] x, int in, int out, double[] weight, double[] bias) {
    double[] y = new double[x.length / in * out];
    for (int i = 0; i < y.length; i++) {
      y[i] = bias[i % out];
      for (int k = 0; k < in; k++) {
        y[i] += x[i / out * in + k] * weight[i % out * in + k];
      }
    }
    return y;
  }

  private static double[] product(
      Trial trial, DeclaredParameters declared, String name, double[] x, int in, int out) {
    ModelParameter bias = declared.named("layers.0.channel." + name + ".bias");
    double[] weight = trial.elements(declared.named("layers.0.channel." + name + ".weight"));
    return product(x, in, out, weight, bias == null ? new double[out] : trial.elements(bias));
  }

  @Test
  void mlpIsTwoProductsWithAFunctionBetween() {
    DeclaredParameters declared = new DeclaredParameters("layers.0.channel", WIDTH);
    Layer layer =
        new MlpLayerFactory().create(mlp(4, OptionalLong.of(INNER), Activation.RELU), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      double[] inner = product(trial, declared, "fc1", input(), WIDTH, INNER);
      for (int i = 0; i < inner.length; i++) {
        inner[i] = Math.max(0, inner[i]);
      }
      double[] expected = product(trial, declared, "fc2", inner, INNER, WIDTH);

      assertThat(Trial.distance(run(layer, trial), expected)).isLessThan(1e-5);
    }
  }

  @Test
  void swigluGatesOneProductByAnother() {
    DeclaredParameters declared = new DeclaredParameters("layers.0.channel", WIDTH);
    Layer layer =
        new SwiGluLayerFactory()
            .create(new SwiGluConfig(OptionalLong.of(INNER), false, 0), declared);
    try (Trial trial = new Trial(Bodies.FAST, 2, Precision.F32, declared.all())) {
      double[] gate = product(trial, declared, "gate_proj", input(), WIDTH, INNER);
      double[] inner = product(trial, declared, "up_proj", input(), WIDTH, INNER);
      for (int i = 0; i < inner.length; i++) {
        inner[i] *= gate[i] / (1 + Math.exp(-gate[i]));
      }
      double[] expected = product(trial, declared, "down_proj", inner, INNER, WIDTH);

      assertThat(Trial.distance(run(layer, trial), expected)).isLessThan(1e-5);
    }
  }

  @Test
  void declareTheirParametersByTheNamesOfCheckpoints() {
    DeclaredParameters mlp = new DeclaredParameters("layers.0.channel", 256);
    Layer layer = new MlpLayerFactory().create(mlp(4, OptionalLong.empty(), Activation.GELU), mlp);
    DeclaredParameters swiglu = new DeclaredParameters("layers.1.channel", 256);
    new SwiGluLayerFactory().create(new SwiGluConfig(OptionalLong.empty(), false, 0), swiglu);

    assertThat(layer.traits()).isEqualTo(LayerTraits.pointwise());
    assertThat(mlp.all())
        .extracting(ModelParameter::toString, ModelParameter::role)
        .containsExactly(
            tuple("layers.0.channel.fc1.weight[1024, 256]", Role.MATRIX),
            tuple("layers.0.channel.fc1.bias[1024]", Role.VECTOR),
            tuple("layers.0.channel.fc2.weight[256, 1024]", Role.MATRIX),
            tuple("layers.0.channel.fc2.bias[256]", Role.VECTOR));
    assertThat(swiglu.all())
        .extracting(ModelParameter::toString)
        .containsExactly(
            "layers.1.channel.gate_proj.weight[704, 256]",
            "layers.1.channel.up_proj.weight[704, 256]",
            "layers.1.channel.down_proj.weight[256, 704]");
  }

  @Test
  void theWidthOfSwigluIsAMultipleOf32() {
    SwiGluConfig config = new SwiGluConfig(OptionalLong.empty(), false, 0);

    assertThat(config.widthFor(768)).isEqualTo(2048);
    assertThat(config.widthFor(256)).isEqualTo(704);
    assertThat(config.widthFor(12)).isEqualTo(32);
    assertThat(config.widthFor(13)).isEqualTo(64);
  }

  @Test
  void theLastProductStartsSmallerWithDepth() {
    DeclaredParameters shallow = new DeclaredParameters("layers.0.channel", WIDTH, 1);
    DeclaredParameters deep = new DeclaredParameters("layers.0.channel", WIDTH, 64);
    MlpConfig config = mlp(2, OptionalLong.empty(), Activation.SILU);
    new MlpLayerFactory().create(config, shallow);
    new MlpLayerFactory().create(config, deep);

    assertThat(start(shallow, "fc2")).isPositive();
    assertThat(start(deep, "fc2")).isEqualTo(start(shallow, "fc2") / 8);
    assertThat(start(deep, "fc1")).isEqualTo(start(shallow, "fc1"));
  }

  /** What a weight starts as where its random number is 0.75. */
  private static double start(DeclaredParameters declared, String name) {
    ModelParameter weight = declared.named("layers.0.channel." + name + ".weight");
    Initializer.Draw draw =
        new Initializer.Draw() {
          @Override
          public double uniform() {
            return 0.75;
          }

          @Override
          public double normal() {
            return 0;
          }
        };
    return weight.initializer().value(0, weight.shape(), draw);
  }

  @Test
  void refusesAnExpansionToNoWholeWidth() {
    DeclaredParameters declared = new DeclaredParameters("layers.0.channel", 3);
    MlpConfig config = mlp(1.5, OptionalLong.empty(), Activation.RELU);

    assertThatThrownBy(() -> new MlpLayerFactory().create(config, declared))
        .isInstanceOf(InvalidLayerException.class)
        .hasMessage("1.5 times the d-model of 3 is 4.5, not a whole width; set width instead");
  }
}
