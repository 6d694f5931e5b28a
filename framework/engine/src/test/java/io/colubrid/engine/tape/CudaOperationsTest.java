package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation and its gradients give on a GPU what they give on the CPU. */
@Tag("cuda")
final class CudaOperationsTest {
  private static final double TOLERANCE = 1e-4;

  private static CudaBackend cuda;

  @BeforeAll
  static void open() {
    CudaProbe probe = CudaProbe.run();
    assumeTrue(probe.usable(), probe.problem());
    cuda = new CudaBackend(0);
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.memory().requireEmpty();
      cuda.close();
    }
  }

  static Stream<Arguments> operations() {
    Shape matrix = Shape.of(257, 300);
    Shape cube = Shape.of(3, 129, 67);
    List<Arguments> large = new ArrayList<>();
    large.add(GradientTest.op("silu large", (o, in) -> o.unary(Unary.SILU, in.getFirst()), matrix));
    large.add(
        GradientTest.op(
            "row large",
            (o, in) -> o.binary(Binary.MULTIPLY, in.get(0), in.get(1)),
            cube,
            Shape.of(67)));
    large.add(
        GradientTest.op(
            "middle large",
            (o, in) -> o.binary(Binary.ADD, in.get(0), in.get(1)),
            cube,
            Shape.of(3, 1, 67)));
    for (int axis = 0; axis < 3; axis++) {
      int at = axis;
      large.add(GradientTest.op("sum large " + at, (o, in) -> o.sum(in.getFirst(), at), cube));
      large.add(GradientTest.op("max large " + at, (o, in) -> o.max(in.getFirst(), at), cube));
      large.add(
          GradientTest.op("cumsum large " + at, (o, in) -> o.cumsum(in.getFirst(), at), cube));
      large.add(GradientTest.op("flip large " + at, (o, in) -> o.flip(in.getFirst(), at), cube));
      large.add(
          GradientTest.op("slice large " + at, (o, in) -> o.slice(in.getFirst(), at, 1, 3), cube));
    }
    large.add(GradientTest.op("softmax large", (o, in) -> o.softmax(in.getFirst()), matrix));
    large.add(
        GradientTest.op("rmsNorm large", (o, in) -> o.rmsNorm(in.getFirst(), null, 1e-5), matrix));
    large.add(
        GradientTest.op(
            "layerNorm large", (o, in) -> o.layerNorm(in.getFirst(), null, null, 1e-5), matrix));
    large.add(GradientTest.op("permute large", (o, in) -> o.permute(in.getFirst(), 2, 0, 1), cube));
    large.add(
        GradientTest.op("exchange large", (o, in) -> o.permute(in.getFirst(), 1, 0, 2), cube));
    large.add(
        GradientTest.op("transpose large", (o, in) -> o.permute(in.getFirst(), 1, 0), matrix));
    large.add(
        GradientTest.op(
            "matmul large",
            (o, in) -> o.matmul(in.get(0), false, in.get(1), true),
            matrix,
            Shape.of(101, 300)));
    large.add(
        GradientTest.op(
            "where large",
            (o, in) ->
                o.where(o.compare(Comparison.LESS, in.get(0), in.get(1)), in.get(0), in.get(1)),
            cube,
            Shape.of(129, 1)));
    return Stream.concat(GradientTest.operations(), large.stream());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void aGpuAgreesWithTheCpu(String name, List<Shape> shapes, Trial.Function function) {
    Random random = new Random(name.hashCode());
    List<double[]> inputs = new ArrayList<>();
    for (Shape shape : shapes) {
      inputs.add(random.doubles(shape.elements(), 0.2, 2).toArray());
    }
    double[] output = Trial.run(DType.F32, shapes, inputs, new double[0], function).output();
    double[] weights = random.doubles(output.length, -1, 1).toArray();
    Trial.Result expected = Trial.run(DType.F32, shapes, inputs, weights, function);
    Trial.Result found = Trial.run(cuda, DType.F32, shapes, inputs, weights, function);
    assertThat(GradientTest.relative(found.output(), expected.output())).isLessThan(TOLERANCE);
    for (int i = 0; i < shapes.size(); i++) {
      assertThat(GradientTest.relative(found.gradients().get(i), expected.gradients().get(i)))
          .as("gradient of input %d", i)
          .isLessThan(TOLERANCE);
    }
  }
}
