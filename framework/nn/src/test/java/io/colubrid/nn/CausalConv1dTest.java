package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CausalConv1dTest {
  private static final Threads THREADS = new Threads(3);

  /** A convolution of some shape, with some of its optional operands. */
  record Case(
      int b,
      int l,
      int d,
      int w,
      boolean silu,
      boolean bias,
      boolean tail,
      boolean packed,
      boolean reversed) {
    Case(int b, int l, int d, int w, boolean silu, boolean bias, boolean tail, boolean packed) {
      this(b, l, d, w, silu, bias, tail, packed, false);
    }

    List<@Nullable TensorType> types() {
      return Arrays.asList(
          TensorType.f32(b, l, d),
          TensorType.f32(d, 1, w),
          bias ? TensorType.f32(d) : null,
          tail ? TensorType.f32(b, w - 1, d) : null,
          packed ? TensorType.i32(b, l) : null);
    }

    NaiveConv naive() {
      return new NaiveConv(b, l, d, w, silu, reversed);
    }

    /** Documents of unequal length, some shorter than the window, with padding in and around. */
    int @Nullable [] segments() {
      if (!packed) {
        return null;
      }
      int[] segments = new int[b * l];
      for (int i = 0; i < segments.length; i++) {
        int t = i % l;
        boolean padding = i / l % 2 == 1 && (t < 2 || t >= l - l / 5 || t == l / 2);
        segments[i] = padding ? -1 : t < l / 4 ? 3 : t < l / 4 + 2 ? 4 : 8;
      }
      return segments;
    }

    FakeCall call(boolean saves, Threads threads) {
      return call(saves, threads, Vectors.conv());
    }

    FakeCall call(boolean saves, Threads threads, ConvKernels kernels) {
      CausalConv1d op = new CausalConv1d(silu, reversed);
      CausalConv1dCpu body = new CausalConv1dCpu(silu, reversed, kernels);
      FakeCall call = new FakeCall(op, body, types(), threads, saves);
      for (int i = 0; i < 4; i++) {
        if (call.hasInput(i)) {
          FakeCall.fill(call.input(i), 31 * i + 5, 1);
        }
      }
      int[] segments = segments();
      if (segments != null) {
        MemorySegment.copy(segments, 0, call.input(4), JAVA_INT, 0, segments.length);
      }
      FakeCall.fill(call.outputGradient(0), 98, 1);
      return call;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(1, 1, 16, 4, true, true, true, false),
        new Case(2, 2, 37, 4, true, true, true, false),
        new Case(1, 63, 5, 3, false, false, false, false),
        new Case(2, 100, 48, 4, true, true, false, false),
        new Case(2, 129, 19, 2, true, false, true, true),
        new Case(3, 70, 21, 4, true, true, true, true),
        new Case(2, 7, 16, 6, false, true, true, true),
        new Case(2, 66, 16, 1, true, true, false, false),
        new Case(3, 257, 16, 4, true, true, false, true),
        new Case(2, 130, 37, 4, true, true, false, false, true),
        new Case(3, 70, 21, 3, false, false, false, true, true));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardAgreesWithThePlainLoop(Case shape) {
    for (boolean saves : new boolean[] {false, true}) {
      FakeCall call = shape.call(saves, THREADS);
      double[][] expected = shape.naive().run(Numbers.inputs(call, 4), shape.segments());
      call.forward();
      assertThat(Numbers.error(call.output(0), expected[0])).isLessThan(1e-6);
      if (shape.tail()) {
        assertThat(Numbers.error(call.output(1), expected[1])).isZero();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAgreeWithFiniteDifferences(Case shape) {
    FakeCall call = shape.call(true, THREADS);
    double[][] x = Numbers.inputs(call, 4);
    call.forward().backward();
    Numbers.assertGradients(call, x, at -> shape.naive().run(at, shape.segments()), 2e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void plainLoopsAgreeWithVectors(Case shape) {
    FakeCall vectors = shape.call(true, THREADS).forward().backward();
    FakeCall scalars = shape.call(true, THREADS, new ScalarConv()).forward().backward();
    assertThat(Numbers.error(scalars.output(0), Numbers.doubles(vectors.output(0))))
        .isLessThan(1e-6);
    for (int i = 0; i < 4; i++) {
      if (vectors.hasInput(i)) {
        double[] expected = Numbers.doubles(vectors.inputGradient(i));
        assertThat(Numbers.error(scalars.inputGradient(i), expected)).isLessThan(2e-6);
      }
    }
  }

  @Test
  void bitsDoNotDependOnTheNumberOfThreads() {
    Case shape = new Case(2, 150, 300, 4, true, true, false, false);
    try (Threads one = new Threads(1)) {
      FakeCall alone = shape.call(true, one).forward().backward();
      FakeCall together = shape.call(true, THREADS).forward().backward();
      assertThat(together.output(0).mismatch(alone.output(0))).isEqualTo(-1);
      for (int i = 0; i < 3; i++) {
        assertThat(together.inputGradient(i).mismatch(alone.inputGradient(i))).isEqualTo(-1);
      }
    }
  }

  @Test
  void paddingMayHoldAnything() {
    Case shape = new Case(2, 90, 20, 4, true, true, true, true);
    FakeCall clean = shape.call(true, THREADS).forward().backward();
    FakeCall dirty = shape.call(true, THREADS);
    int[] segments = shape.segments();
    for (int i = 0; i < segments.length * shape.d(); i++) {
      if (segments[i / shape.d()] < 0) {
        dirty.input(0).setAtIndex(JAVA_FLOAT, i, Float.NaN);
      }
    }
    dirty.forward().backward();
    assertThat(dirty.output(0).mismatch(clean.output(0))).isEqualTo(-1);
    assertThat(dirty.output(1).mismatch(clean.output(1))).isEqualTo(-1);
    for (int i = 0; i < 4; i++) {
      assertThat(dirty.inputGradient(i).mismatch(clean.inputGradient(i))).isEqualTo(-1);
    }
  }

  @Test
  void saysWhichOperandDoesNotFit() {
    List<@Nullable TensorType> types = new Case(1, 4, 8, 4, true, true, true, false).types();
    types.set(CausalConv1d.TAIL, TensorType.f32(1, 4, 8));
    assertThatThrownBy(() -> new CausalConv1d(true).outputs(types))
        .isInstanceOf(ShapeException.class)
        .hasMessage(
            "causal-conv1d: tail must be [1, 3, 8] to fit the other operands, but is f32[1, 4, 8]");
  }

  @AfterAll
  static void stop() {
    THREADS.close();
  }
}
