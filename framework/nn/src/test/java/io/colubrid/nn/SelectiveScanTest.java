package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SelectiveScanTest {
  private static final Threads THREADS = new Threads(3);
  private static final int SKIP = 1 << 5;
  private static final int GATE = 1 << 6;
  private static final int BIAS = 1 << 7;
  private static final int STATE = 1 << 8;
  private static final int SEGMENTS = 1 << 9;
  private static final int REVERSED = 1 << 10;
  private static final Initializer.Draw NO_DRAW =
      new Initializer.Draw() {
        @Override
        public double uniform() {
          throw new AssertionError("drew");
        }

        @Override
        public double normal() {
          throw new AssertionError("drew");
        }
      };
  private static final int ALL = SKIP | GATE | BIAS;

  /** A scan of some shape, with some of its optional operands. */
  record Case(int b, int l, int d, int n, boolean softplus, int options) {
    List<@Nullable TensorType> types() {
      TensorType stream = TensorType.f32(b, l, d);
      TensorType weights = TensorType.f32(b, l, n);
      List<@Nullable TensorType> types =
          new ArrayList<>(
              Arrays.asList(
                  stream,
                  stream,
                  TensorType.f32(d, n),
                  weights,
                  weights,
                  TensorType.f32(d),
                  stream,
                  TensorType.f32(d),
                  TensorType.f32(b, d, n),
                  TensorType.i32(b, l)));
      for (int i = 5; i < 10; i++) {
        if ((options & 1 << i) == 0) {
          types.set(i, null);
        }
      }
      return types;
    }

    NaiveScan naive() {
      return new NaiveScan(b, l, d, n, softplus, reversed());
    }

    boolean reversed() {
      return (options & REVERSED) != 0;
    }

    /** Three documents of unequal length, with padding at both ends of odd rows. */
    int @Nullable [] segments() {
      if ((options & SEGMENTS) == 0) {
        return null;
      }
      int[] segments = new int[b * l];
      for (int i = 0; i < segments.length; i++) {
        int t = i % l;
        boolean padding = i / l % 2 == 1 && (t < l / 7 || t >= l - l / 5);
        segments[i] = padding ? -1 : t < l / 3 ? 4 : t < l / 3 + 2 ? 5 : 9;
      }
      return segments;
    }

    FakeCall call(boolean saves, Threads threads) {
      return call(saves, threads, Vectors.scan());
    }

    FakeCall call(boolean saves, Threads threads, ScanKernels kernels) {
      SelectiveScan op = new SelectiveScan(softplus, reversed());
      SelectiveScanCpu body = new SelectiveScanCpu(softplus, reversed(), kernels);
      FakeCall call = new FakeCall(op, body, types(), threads, saves);
      for (int i = 0; i < 9; i++) {
        if (call.hasInput(i)) {
          FakeCall.fill(call.input(i), 31 * i + 7, i == 2 ? 1.5 : 1);
        }
      }
      if (!softplus) {
        MemorySegment delta = call.input(SelectiveScan.DELTA);
        for (long i = 0; i < delta.byteSize() / 4; i++) {
          delta.setAtIndex(JAVA_FLOAT, i, Math.abs(delta.getAtIndex(JAVA_FLOAT, i)));
        }
      }
      int[] segments = segments();
      if (segments != null) {
        MemorySegment.copy(segments, 0, call.input(9), JAVA_INT, 0, segments.length);
      }
      FakeCall.fill(call.outputGradient(0), 99, 1);
      return call;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(1, 1, 16, 16, true, ALL),
        new Case(2, 3, 16, 16, true, ALL | STATE),
        new Case(2, 1, 37, 21, true, ALL | STATE),
        new Case(2, 4, 19, 5, true, ALL | STATE | SEGMENTS),
        new Case(1, 63, 5, 3, true, 0),
        new Case(2, 100, 35, 1, true, ALL),
        new Case(1, 257, 32, 4, false, SKIP),
        new Case(3, 70, 21, 3, true, ALL | STATE),
        new Case(3, 129, 19, 2, true, ALL | SEGMENTS),
        new Case(2, 65, 16, 5, true, GATE | STATE | SEGMENTS),
        new Case(1, 2, 16, 2, false, BIAS | SEGMENTS),
        new Case(1, 3, 16, 2, true, ALL | REVERSED),
        new Case(2, 130, 35, 3, true, ALL | REVERSED),
        new Case(3, 129, 19, 2, true, ALL | SEGMENTS | REVERSED));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardAgreesWithThePlainLoop(Case shape) {
    for (boolean saves : new boolean[] {false, true}) {
      FakeCall call = shape.call(saves, THREADS);
      double[][] expected = shape.naive().run(Numbers.inputs(call, 9), shape.segments());
      call.forward();
      assertThat(Numbers.error(call.output(0), expected[0])).isLessThan(1e-6);
      if (call.hasInput(SelectiveScan.STATE)) {
        assertThat(Numbers.error(call.output(1), expected[1])).isLessThan(1e-6);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAgreeWithFiniteDifferences(Case shape) {
    FakeCall call = shape.call(true, THREADS);
    double[][] x = Numbers.inputs(call, 9);
    call.forward().backward();
    Numbers.assertGradients(call, x, at -> shape.naive().run(at, shape.segments()), 2e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void plainLoopsAgreeWithVectors(Case shape) {
    for (boolean saves : new boolean[] {false, true}) {
      FakeCall vectors = shape.call(saves, THREADS).forward();
      FakeCall scalars = shape.call(saves, THREADS, new ScalarScan()).forward();
      assertThat(Numbers.error(scalars.output(0), Numbers.doubles(vectors.output(0))))
          .isLessThan(1e-6);
      if (saves) {
        vectors.backward();
        scalars.backward();
        for (int i = 0; i < 9; i++) {
          if (vectors.hasInput(i)) {
            double[] expected = Numbers.doubles(vectors.inputGradient(i));
            assertThat(Numbers.error(scalars.inputGradient(i), expected)).isLessThan(2e-6);
          }
        }
      }
    }
  }

  @Test
  void bitsDoNotDependOnTheNumberOfThreads() {
    Case shape = new Case(2, 150, 300, 6, true, ALL);
    try (Threads one = new Threads(1)) {
      FakeCall alone = shape.call(true, one).forward().backward();
      FakeCall together = shape.call(true, THREADS).forward().backward();
      assertThat(together.output(0).mismatch(alone.output(0))).isEqualTo(-1);
      for (int i = 0; i < 8; i++) {
        assertThat(together.inputGradient(i).mismatch(alone.inputGradient(i))).isEqualTo(-1);
      }
    }
  }

  @Test
  void paddingMayHoldAnything() {
    Case shape = new Case(2, 90, 20, 4, true, ALL | SEGMENTS);
    FakeCall clean = shape.call(true, THREADS).forward().backward();
    FakeCall dirty = shape.call(true, THREADS);
    int[] segments = shape.segments();
    for (int input : new int[] {0, 1, 3, 4, 6}) {
      long width = input == 3 || input == 4 ? shape.n() : shape.d();
      for (int i = 0; i < segments.length * width; i++) {
        if (segments[(int) (i / width)] < 0) {
          dirty.input(input).setAtIndex(JAVA_FLOAT, i, Float.NaN);
        }
      }
    }
    dirty.forward().backward();
    assertThat(dirty.output(0).mismatch(clean.output(0))).isEqualTo(-1);
    for (int i = 0; i < 8; i++) {
      assertThat(dirty.inputGradient(i).mismatch(clean.inputGradient(i))).isEqualTo(-1);
    }
  }

  @Test
  void vanishingDecaysEraseTheState() {
    Case shape = new Case(1, 8, 16, 2, false, 0);
    FakeCall call = shape.call(false, THREADS);
    call.input(SelectiveScan.DELTA).fill((byte) 0);
    for (int i = 0; i < 16; i++) {
      call.input(SelectiveScan.DELTA).setAtIndex(JAVA_FLOAT, 16L * 4 + i, 1e7f);
      call.input(SelectiveScan.U).setAtIndex(JAVA_FLOAT, 16L * 4 + i, 0);
    }
    call.forward();
    assertThat(call.output(0).getAtIndex(JAVA_FLOAT, 16L * 7)).isZero();
  }

  @Test
  void everyChannelStartsWithTheSameRates() {
    Shape shape = Shape.of(3, 4);
    for (int i = 0; i < 12; i++) {
      double value = SelectiveScan.realRates().value(i, shape, NO_DRAW);
      assertThat(Math.exp(value)).isCloseTo(i % 4 + 1, within(1e-12));
    }
  }

  @Test
  void aReversedScanTakesNoState() {
    Case shape = new Case(1, 4, 8, 2, true, ALL | STATE | REVERSED);
    assertThatThrownBy(() -> new SelectiveScan(true, true).outputs(shape.types()))
        .isInstanceOf(ShapeException.class)
        .hasMessage("selective-scan: a reversed scan begins at the end and takes no state");
  }

  @Test
  void saysWhichOperandDoesNotFit() {
    List<@Nullable TensorType> types = new Case(1, 4, 8, 2, true, ALL).types();
    types.set(SelectiveScan.C, TensorType.f32(1, 4, 3));
    assertThatThrownBy(() -> new SelectiveScan(true).outputs(types))
        .isInstanceOf(ShapeException.class)
        .hasMessage(
            "selective-scan: c must be [1, 4, 2] to fit the other operands, but is f32[1, 4, 3]");
  }

  @AfterAll
  static void stop() {
    THREADS.close();
  }
}
