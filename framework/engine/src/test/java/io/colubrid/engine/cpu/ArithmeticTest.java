package io.colubrid.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.memory.Bf16;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every span of every element type against the formula in its documentation. */
class ArithmeticTest {

  private static final List<Arithmetic> TYPES =
      List.of(new FloatArithmetic(), new VectorArithmetic(), Arithmetic.f64());
  private static final int[] SIZES = {0, 1, 2, 15, 16, 17, 31, 32, 63, 64, 65, 100, 257, 1000};

  static List<Arguments> typesAndSizes() {
    var cases = new ArrayList<Arguments>();
    for (Arithmetic type : TYPES) {
      for (int n : SIZES) {
        cases.add(Arguments.of(type.name(), type, n));
      }
    }
    return cases;
  }

  @FunctionalInterface
  private interface Formula {
    double at(int i);
  }

  /** Three random spans and an output of which the last elements must stay as they are. */
  private static final class Spans {
    final Arithmetic type;
    final int n;
    final Data a;
    final Data b;
    final Data c;
    final Data out;

    Spans(Arithmetic type, int n) {
      var random = new Random(n);
      this.type = type;
      this.n = n;
      a = Data.random(type, n + 3, random);
      b = Data.random(type, n + 3, random);
      c = Data.random(type, n + 3, random);
      out = Data.random(type, n + 3, random);
    }

    double tolerance() {
      return type.bytes() == 8 ? 1e-14 : 2e-6;
    }

    void check(String what, Data result, Formula formula, Runnable span) {
      double[] before = result.values();
      var expected = new double[n];
      for (int i = 0; i < n; i++) {
        expected[i] = formula.at(i);
      }
      span.run();
      for (int i = 0; i < n; i++) {
        assertThat(result.get(i))
            .as("%s, element %d of %d", what, i, n)
            .isCloseTo(expected[i], within(tolerance() * (1 + Math.abs(expected[i]))));
      }
      for (int i = n; i < n + 3; i++) {
        assertThat(result.get(i)).as("%s wrote past its end", what).isEqualTo(before[i]);
      }
    }

    void checkSum(String what, double actual, Formula formula) {
      double sum = 0;
      double absolute = 1;
      for (int i = 0; i < n; i++) {
        sum += formula.at(i);
        absolute += Math.abs(formula.at(i));
      }
      assertThat(actual).as("%s of %d", what, n).isCloseTo(sum, within(tolerance() * absolute));
    }
  }

  private static long at(Data data) {
    return data.segment().address();
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("typesAndSizes")
  void mapsFollowTheirFormula(String name, Arithmetic t, int n) {
    var s = new Spans(t, n);
    Data a = s.a;
    Data b = s.b;
    Data out = s.out;
    s.check("fill", out, i -> 0.25, () -> t.fill(0.25, at(out), n));
    s.check(
        "scaleShift",
        out,
        i -> a.get(i) * 1.5 - 0.5,
        () -> t.scaleShift(at(a), 1.5, -0.5, at(out), n));
    s.check("axpy", out, i -> out.get(i) - 2 * a.get(i), () -> t.axpy(-2, at(a), at(out), n));
    s.check(
        "multiplyShifted",
        out,
        i -> a.get(i) * (b.get(i) - 0.5),
        () -> t.multiplyShifted(at(a), at(b), 0.5, at(out), n));
    s.check(
        "expScaled",
        out,
        i -> 2 * Math.exp(a.get(i) - 0.5) - 0.125,
        () -> t.expScaled(at(a), 0.5, 2, -0.125, at(out), n));
    // In place.
    s.check(
        "in place",
        a,
        i -> a.get(i) * a.get(i),
        () -> t.binary(BinaryOp.MULTIPLY, at(a), at(a), at(a), n));
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("typesAndSizes")
  void normalisationFollowsItsFormula(String name, Arithmetic t, int n) {
    var s = new Spans(t, n);
    Data a = s.a;
    Data b = s.b;
    Data c = s.c;
    Data out = s.out;
    s.check(
        "normalize",
        out,
        i -> (a.get(i) - 0.25) * 1.5 * b.get(i) + c.get(i),
        () -> t.normalize(at(a), 0.25, 1.5, at(b), at(c), at(out), n));
    s.check(
        "normalizeGradient",
        out,
        i -> 1.5 * (a.get(i) * b.get(i) - 0.25 - (c.get(i) - 0.75) * 0.5),
        () -> t.normalizeGradient(at(a), at(b), at(c), 0.75, 1.5, 0.25, 0.5, at(out), n));
    s.check(
        "accumulateNormalized",
        out,
        i -> out.get(i) + (a.get(i) - 0.25) * 1.5 * b.get(i),
        () -> t.accumulateNormalized(at(a), 0.25, 1.5, at(b), at(out), n));
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("typesAndSizes")
  void reductionsFollowTheirFormula(String name, Arithmetic t, int n) {
    var s = new Spans(t, n);
    Data a = s.a;
    Data b = s.b;
    Data c = s.c;
    s.checkSum("sum", t.sum(at(a), n), a::get);
    s.checkSum("dot", t.dot(at(a), at(b), n), i -> a.get(i) * b.get(i));
    s.checkSum(
        "dot3Shifted",
        t.dot3Shifted(at(a), at(b), at(c), 0.5, n),
        i -> a.get(i) * b.get(i) * (c.get(i) - 0.5));
    s.checkSum("sumSquares", t.sumSquares(at(a), 0.5, n), i -> Math.pow(a.get(i) - 0.5, 2));
    s.checkSum("sumExp", t.sumExp(at(a), 0.5, n), i -> Math.exp(a.get(i) - 0.5));
    s.checkSum("expSum", t.expSum(at(a), 0.5, at(s.out), n), i -> Math.exp(a.get(i) - 0.5));
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, a.get(i));
    }
    assertThat(t.max(at(a), n)).isEqualTo(max);
    if (n > 0) {
      a.set(n / 2, Double.NaN);
      assertThat(t.max(at(a), n)).as("a NaN is not lost").isNaN();
    }
  }

  /** Bf16 numbers, and a zero behind them that must stay. */
  private static MemorySegment halves(int n) {
    MemorySegment halves = Arena.global().allocate(2L * n + 2, 64);
    var random = new Random(n);
    for (int i = 0; i < n; i++) {
      float value = (float) (random.nextGaussian() * Math.exp(random.nextGaussian()));
      halves.setAtIndex(JAVA_SHORT, i, Bf16.of(value));
    }
    return halves;
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("typesAndSizes")
  void halvesAreWidenedRoundedAndMultiplied(String name, Arithmetic t, int n) {
    var s = new Spans(t, n);
    MemorySegment halves = halves(n);
    s.check(
        "fromBf16",
        s.out,
        i -> Float.intBitsToFloat(halves.getAtIndex(JAVA_SHORT, i) << 16),
        () -> t.fromBf16(halves.address(), at(s.out), n));
    s.checkSum("dotBf16", t.dotBf16(halves.address(), at(s.a), n), i -> s.out.get(i) * s.a.get(i));
    if (n > 2) {
      s.a.set(n / 2, Double.NaN);
      s.a.set(0, Float.intBitsToFloat(0x3f808000));
      s.a.set(1, Float.intBitsToFloat(0x3f818000));
    }
    t.toBf16(at(s.a), halves.address(), n);
    for (int i = 0; i < n; i++) {
      short expected = Bf16.of((float) s.a.get(i));
      assertThat(halves.getAtIndex(JAVA_SHORT, i)).as("toBf16 %d", i).isEqualTo(expected);
    }
    assertThat(halves.getAtIndex(JAVA_SHORT, n)).as("past the end").isZero();
    if (n > 2) {
      assertThat(halves.getAtIndex(JAVA_SHORT, 0)).as("tie to even").isEqualTo((short) 0x3f80);
      assertThat(halves.getAtIndex(JAVA_SHORT, 1)).as("tie to even").isEqualTo((short) 0x3f82);
    }
  }

  @ParameterizedTest
  @EnumSource
  void binaryOpsFollowTheirName(BinaryOp op) {
    for (Arithmetic t : TYPES) {
      for (int n : SIZES) {
        var s = new Spans(t, n);
        Data a = s.a;
        Data b = s.b;
        s.check(
            op + " of " + t.name(),
            s.out,
            i -> apply(op, a.get(i), b.get(i)),
            () -> t.binary(op, at(a), at(b), at(s.out), n));
        s.check(
            op + " with a number, " + t.name(),
            s.out,
            i -> apply(op, a.get(i), -0.75),
            () -> t.binaryScalar(op, at(a), -0.75, at(s.out), n));
      }
    }
  }

  private static double apply(BinaryOp op, double a, double b) {
    DoubleUnaryOperator f =
        switch (op) {
          case ADD -> x -> x + b;
          case SUBTRACT -> x -> x - b;
          case MULTIPLY -> x -> x * b;
          case DIVIDE -> x -> x / b;
          case MAX -> x -> Math.max(x, b);
          case MIN -> x -> Math.min(x, b);
          case SUBTRACT_FROM -> x -> b - x;
          case DIVIDE_INTO -> x -> b / x;
        };
    return f.applyAsDouble(a);
  }

  @Test
  void selectionTakesVectorsWhereTheyAre() {
    assertThat(Arithmetic.f32()).isInstanceOf(VectorArithmetic.class);
  }
}
