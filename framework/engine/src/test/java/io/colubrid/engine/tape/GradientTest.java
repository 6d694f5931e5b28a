package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation's gradient agrees with finite differences in F64, and F32 agrees with F64. */
final class GradientTest {
  private static final double EPSILON = 1e-5;

  static Stream<Arguments> operations() {
    Shape a = Shape.of(3, 1, 5);
    Shape b = Shape.of(4, 5);
    Shape x = Shape.of(2, 7, 5);
    List<Arguments> all = new ArrayList<>();
    for (Unary function : Unary.values()) {
      all.add(op(function.name(), (ops, in) -> ops.unary(function, in.getFirst()), x));
    }
    for (Binary function : Binary.values()) {
      all.add(op(function.name(), (ops, in) -> ops.binary(function, in.get(0), in.get(1)), a, b));
      all.add(op(function + " same", (o, in) -> o.binary(function, in.get(0), in.get(1)), x, x));
      all.add(
          op(
              function + " row",
              (o, in) -> o.binary(function, in.get(0), in.get(1)),
              x,
              Shape.of(5)));
      all.add(
          op(
              function + " column",
              (o, in) -> o.binary(function, in.get(0), in.get(1)),
              Shape.of(2, 7, 1),
              x));
      all.add(
          op(
              function + " scalar",
              (o, in) -> o.binary(function, in.get(0), in.get(1)),
              Shape.scalar(),
              x));
    }
    all.add(op("affine", (o, in) -> o.affine(in.getFirst(), -1.5, 2), x));
    for (int axis = 0; axis < 3; axis++) {
      int at = axis;
      all.add(op("sum " + at, (o, in) -> o.sum(in.getFirst(), at), x));
      all.add(op("max " + at, (o, in) -> o.max(in.getFirst(), at), x));
      all.add(op("cumsum " + at, (o, in) -> o.cumsum(in.getFirst(), at), x));
      all.add(op("flip " + at, (o, in) -> o.flip(in.getFirst(), at), x));
      all.add(op("slice " + at, (o, in) -> o.slice(in.getFirst(), at, 1, 2), x));
      all.add(op("concat " + at, (o, in) -> o.concat(at, List.of(in.get(0), in.get(1))), x, x));
    }
    all.add(op("split", (o, in) -> part(o.split(in.getFirst(), 1, 2, 4, 1), o), x));
    all.add(op("softmax", (o, in) -> o.softmax(in.getFirst()), x));
    all.add(op("rmsNorm", (o, in) -> o.rmsNorm(in.getFirst(), null, 1e-5), x));
    all.add(op("layerNorm", (o, in) -> o.layerNorm(in.getFirst(), null, null, 1e-5), x));
    all.add(op("permute", (o, in) -> o.permute(in.getFirst(), 2, 0, 1), x));
    all.add(op("permute inner", (o, in) -> o.permute(in.getFirst(), 1, 0, 2), x));
    all.add(op("reshape", (o, in) -> o.reshape(in.getFirst(), Shape.of(10, 7)), x));
    all.add(op("broadcast", (o, in) -> o.broadcast(in.getFirst(), Shape.of(2, 3, 4, 5)), a));
    all.add(
        op(
            "where",
            (o, in) ->
                o.where(o.compare(Comparison.LESS, in.get(0), in.get(1)), in.get(0), in.get(1)),
            a,
            b));
    for (int flags = 0; flags < 4; flags++) {
      boolean left = (flags & 1) != 0;
      boolean right = (flags & 2) != 0;
      Shape m = left ? Shape.of(2, 6, 3) : Shape.of(2, 3, 6);
      Shape n = right ? Shape.of(2, 5, 6) : Shape.of(2, 6, 5);
      all.add(op("matmul " + flags, (o, in) -> o.matmul(in.get(0), left, in.get(1), right), m, n));
    }
    all.add(
        op(
            "several products of one",
            (o, in) -> {
              Tensor square = in.getFirst();
              Tensor sum = o.add(o.matmul(square, in.get(1)), o.matmul(square, in.get(2)));
              return o.add(o.add(sum, square), o.matmul(square, square));
            },
            Shape.of(4, 4),
            Shape.of(4, 4),
            Shape.of(4, 4)));
    all.add(
        op(
            "a gradient that two share, and a product",
            (o, in) -> {
              Tensor early = o.matmul(in.get(0), in.get(2));
              Tensor late = o.matmul(o.add(in.get(0), in.get(1)), in.get(2));
              return o.add(early, late);
            },
            Shape.of(4, 4),
            Shape.of(4, 4),
            Shape.of(4, 4)));
    all.add(
        op(
            "products of one under several shapes",
            (o, in) -> {
              Tensor rows = o.matmul(o.reshape(in.get(0), Shape.of(6, 4)), in.get(1));
              Tensor again = o.matmul(o.reshape(in.get(0), Shape.of(6, 4)), in.get(1));
              return o.add(o.reshape(o.add(rows, o.exp(again)), Shape.of(2, 3, 4)), in.get(0));
            },
            Shape.of(2, 3, 4),
            Shape.of(4, 4)));
    all.add(
        op(
            "slices that overlap",
            (o, in) -> {
              Tensor low = o.slice(in.get(0), 0, 0, 3);
              Tensor high = o.exp(o.slice(in.get(0), 0, 2, 5));
              return o.add(o.multiply(low, high), o.slice(o.exp(in.get(0)), 0, 1, 4));
            },
            Shape.of(5, 4)));
    all.add(
        op(
            "matmul shared",
            (o, in) -> o.matmul(in.get(0), false, in.get(1), true),
            Shape.of(2, 3, 6),
            Shape.of(5, 6)));
    all.add(op("gather", (o, in) -> o.gatherRows(in.getFirst(), ids(o)), Shape.of(4, 6)));
    all.add(op("cross entropy", (o, in) -> entropy(o, in.getFirst(), 0), Shape.of(5, 6)));
    all.add(op("smoothed entropy", (o, in) -> entropy(o, in.getFirst(), 0.2), Shape.of(5, 6)));
    RandomStream stream = RandomStream.named("test");
    all.add(op("dropout", (o, in) -> o.dropout(in.getFirst(), 0.4, x, stream), x));
    Shape first = x.with(-1, 1);
    all.add(op("dropout of rows", (o, in) -> o.dropout(in.getFirst(), 0.4, first, stream), x));
    return all.stream();
  }

  private static Tensor part(List<Tensor> parts, RecordingOps ops) {
    return ops.concat(1, List.of(parts.get(1), parts.get(0)));
  }

  private static Tensor ids(RecordingOps ops) {
    return ops.constant(DType.I32, Shape.of(5), new double[] {3, 0, -1, 3, 1});
  }

  private static Tensor entropy(RecordingOps ops, Tensor logits, double smoothing) {
    Tensor targets = ops.constant(DType.I32, Shape.of(5), new double[] {3, 0, -1, 5, 1});
    return ops.crossEntropy(logits, targets, smoothing);
  }

  static Arguments op(String name, Trial.Function function, Shape... shapes) {
    return Arguments.of(name, List.of(shapes), function);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void droppingRowsIsDroppingTheirMask(DType dtype) {
    Shape shape = Shape.of(40, 7);
    Shape mask = Shape.of(40, 1);
    RandomStream stream = RandomStream.named("rows");
    double[] ones = new double[40 * 7];
    Arrays.fill(ones, 1);
    Trial.Function rows = (ops, in) -> ops.dropout(in.getFirst(), 0.5, mask, stream);
    Trial.Function spread =
        (ops, in) -> {
          Tensor kept = ops.dropout(ops.constant(dtype, mask, 1), 0.5, mask, stream);
          return ops.multiply(in.getFirst(), kept);
        };

    Trial.Result whole = Trial.run(dtype, List.of(shape), List.of(ones), ones, rows);

    assertThat(whole.output())
        .containsExactly(Trial.run(dtype, List.of(shape), List.of(ones), ones, spread).output());
    assertThat(whole.output()).containsOnly(0, 2).contains(0).contains(2);
    assertThat(whole.gradients().getFirst()).containsExactly(whole.output());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void gradientsAgreeWithFiniteDifferences(
      String name, List<Shape> shapes, Trial.Function function) {
    Random random = new Random(name.hashCode());
    List<double[]> inputs = new ArrayList<>();
    for (Shape shape : shapes) {
      // Positive and apart from each other, so that logarithms exist and maxima have no ties.
      inputs.add(random.doubles(shape.elements(), 0.2, 2).toArray());
    }
    double[] output = Trial.run(DType.F64, shapes, inputs, new double[0], function).output();
    double[] weights = random.doubles(output.length, -1, 1).toArray();
    Trial.Result exact = Trial.run(DType.F64, shapes, inputs, weights, function);
    for (int i = 0; i < shapes.size(); i++) {
      double[] numeric = differences(shapes, inputs, i, weights, function);
      assertThat(relative(exact.gradients().get(i), numeric)).isLessThan(1e-7);
    }
    Trial.Result single = Trial.run(DType.F32, shapes, inputs, weights, function);
    assertThat(relative(single.output(), exact.output())).isLessThan(2e-6);
    for (int i = 0; i < shapes.size(); i++) {
      assertThat(relative(single.gradients().get(i), exact.gradients().get(i))).isLessThan(1e-5);
    }
  }

  private static double[] differences(
      List<Shape> shapes, List<double[]> inputs, int which, double[] weights, Trial.Function f) {
    double[] x = inputs.get(which);
    double[] numeric = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double before = x[i];
      x[i] = before + EPSILON;
      double up = objective(shapes, inputs, weights, f);
      x[i] = before - EPSILON;
      double down = objective(shapes, inputs, weights, f);
      x[i] = before;
      numeric[i] = (up - down) / (2 * EPSILON);
    }
    return numeric;
  }

  private static double objective(
      List<Shape> shapes, List<double[]> inputs, double[] weights, Trial.Function f) {
    double[] output = Trial.run(DType.F64, shapes, inputs, new double[0], f).output();
    double sum = 0;
    for (int i = 0; i < output.length; i++) {
      sum += output[i] * weights[i];
    }
    return sum;
  }

  static double relative(double[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double difference = 0;
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isNotNaN();
      difference += (found[i] - expected[i]) * (found[i] - expected[i]);
    }
    double norm = Arrays.stream(expected).map(e -> e * e).sum();
    return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-6);
  }
}
