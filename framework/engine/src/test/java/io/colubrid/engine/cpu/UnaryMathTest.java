package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnaryMathTest {

  private static final Arithmetic SCALAR = new FloatArithmetic();
  private static final Arithmetic VECTOR = new VectorArithmetic();

  /** Arguments of every magnitude, and what lies at the ends. */
  private static Data arguments(UnaryOp op) {
    var random = new Random(4);
    var values = new double[8_000];
    for (int i = 0; i < values.length; i++) {
      double magnitude = Math.exp(random.nextDouble() * 24 - 18);
      values[i] = (float) (random.nextBoolean() ? magnitude : -magnitude);
      if (i % 3 == 0) {
        values[i] = (float) (random.nextGaussian() * 3);
      }
      if (op == UnaryOp.LOG || op == UnaryOp.SQRT) {
        values[i] = Math.abs(values[i]);
      }
    }
    return Data.of(SCALAR, values);
  }

  /**
   * A millionth, times what the rounded argument of the exponential costs in the tails of gelu;
   * results near the denormal numbers are flushed.
   */
  private static double tolerance(UnaryOp op, double x, double expected) {
    double argument = op == UnaryOp.GELU || op == UnaryOp.GELU_TANH ? 1 + x * x / 4 : 1;
    return Math.abs(expected) * 1e-6 * argument + 2e-36;
  }

  @ParameterizedTest
  @EnumSource
  void valueIsAccurateToAMillionth(UnaryOp op) {
    Data x = arguments(op);
    Data y = Data.poisoned(VECTOR, x.count());
    VECTOR.unary(op, x.segment().address(), y.segment().address(), x.count());
    for (int i = 0; i < x.count(); i++) {
      double expected = DoubleMath.apply(op, x.get(i));
      if (Math.abs(expected) > Float.MAX_VALUE) {
        assertThat(y.get(i)).as("%s(%s)", op, x.get(i)).isEqualTo((float) expected);
      } else {
        assertThat(y.get(i))
            .as("%s(%s)", op, x.get(i))
            .isCloseTo(expected, within(tolerance(op, x.get(i), expected)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void gradientIsAccurate(UnaryOp op) {
    Data x = arguments(op);
    var random = new Random(1);
    Data g = Data.random(VECTOR, x.count(), random);
    Data y = Data.poisoned(VECTOR, x.count());
    VECTOR.unaryGradient(
        op, x.segment().address(), g.segment().address(), y.segment().address(), x.count());
    for (int i = 0; i < x.count(); i++) {
      double derivative = DoubleMath.gradient(op, x.get(i));
      double expected = g.get(i) * derivative;
      // Where two terms of a derivative cancel, it is the terms that are accurate.
      double error =
          tolerance(op, x.get(i), expected)
              + 6e-7 * Math.abs(g.get(i)) * Math.min(1, Math.abs(derivative) + 0.3);
      if (Math.abs(derivative) < Float.MAX_VALUE && Math.abs(expected) < Float.MAX_VALUE) {
        assertThat(y.get(i)).as("%s'(%s)", op, x.get(i)).isCloseTo(expected, within(error));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void derivativeIsTheSlope(UnaryOp op) {
    var random = new Random(2);
    for (int i = 0; i < 200; i++) {
      double x = 0.01 + Math.abs(random.nextGaussian()) * 2;
      if (op != UnaryOp.LOG && op != UnaryOp.SQRT && random.nextBoolean()) {
        x = -x;
      }
      double h = 1e-6 * Math.abs(x);
      double slope = (DoubleMath.apply(op, x + h) - DoubleMath.apply(op, x - h)) / (2 * h);
      assertThat(DoubleMath.gradient(op, x))
          .as("%s'(%s)", op, x)
          .isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
    }
  }

  @ParameterizedTest
  @EnumSource
  void vectorsGiveTheBitsOfScalars(UnaryOp op) {
    Data x = arguments(op);
    double[] special = {
      0,
      -0.0,
      1,
      -1,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN,
      1e-40,
      -1e-40,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.MIN_NORMAL,
      88.7228,
      88.73,
      -86.9,
      -87,
      0.625,
      -0.625
    };
    for (int i = 0; i < special.length; i++) {
      x.set(i * 17L, special[i]);
    }
    Data g = Data.random(SCALAR, x.count(), new Random(3));
    Data scalar = Data.poisoned(SCALAR, x.count());
    Data vector = Data.poisoned(SCALAR, x.count());
    long from = x.segment().address();
    SCALAR.unary(op, from, scalar.segment().address(), x.count());
    VECTOR.unary(op, from, vector.segment().address(), x.count());
    assertThat(vector.values()).containsExactly(scalar.values());
    SCALAR.unaryGradient(op, from, g.segment().address(), scalar.segment().address(), x.count());
    VECTOR.unaryGradient(op, from, g.segment().address(), vector.segment().address(), x.count());
    assertThat(vector.values()).containsExactly(scalar.values());
  }
}
