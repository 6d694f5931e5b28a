package io.colubrid.plugins.mamba2ssd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.trial.BodyCall;
import io.colubrid.testkit.trial.OffHeap;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SsdCpuTest {
  private final SplittableRandom random = new SplittableRandom(11);

  @ParameterizedTest
  @CsvSource({
    // length, chunk, heads, headDim, groups, states
    "1, 16, 2, 4, 1, 3",
    "63, 16, 4, 5, 2, 17",
    "63, 64, 3, 4, 1, 8",
    "100, 16, 2, 8, 1, 16",
    "100, 64, 4, 3, 4, 5",
    "100, 256, 2, 4, 1, 4",
    "257, 16, 2, 2, 1, 4",
    "257, 64, 2, 4, 1, 8",
    "257, 256, 1, 4, 1, 4",
    "300, 7, 1, 3, 1, 2",
    "300, 64, 6, 2, 2, 3",
    "300, 256, 2, 4, 2, 20",
  })
  void chunksAreTheRecurrence(
      int length, int chunk, int heads, int headDim, int groups, int states) {
    for (int batch : new int[] {1, 3}) {
      check(SsdCase.of(batch, length, heads, headDim, groups, states), chunk);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 64, 256})
  void documentsAndPaddingDoNotMix(int chunk) {
    int length = 130;
    int[] segments = new int[3 * length];
    for (int t = 0; t < length; t++) {
      segments[t] = t < 16 ? 4 : t < 64 ? 1 : t < 65 ? 2 : t < 128 ? 3 : 0;
      segments[length + t] = t < 67 ? -1 : t < 70 ? 0 : t < 80 ? -1 : t < 96 ? 0 : 5;
      segments[2 * length + t] = t < 40 ? 0 : t < 63 ? 1 : -1;
    }
    check(SsdCase.of(3, length, 4, 3, 2, 6).packed(segments), chunk);
  }

  @Test
  void stepSizesStayWithinTheirBounds() {
    check(SsdCase.of(2, 70, 2, 4, 1, 5).bounded(0.02, 0.3), 16);
  }

  /** Sums of Δ·A reach −10⁵ within a chunk, so that exponents of single sums are 0 or infinite. */
  @ParameterizedTest
  @ValueSource(ints = {16, 256})
  void fastDecaysNeitherOverflowNorVanish(int chunk) {
    SsdCase at = SsdCase.of(1, 300, 3, 4, 1, 6);
    float[][] inputs = at.inputs(random);
    for (int t = 0; t < at.length(); t++) {
      for (int head = 0; head < 3; head++) {
        // Long stretches of fast decay between steps that decay hardly at all.
        inputs[Ssd.DELTA][t * 3 + head] = t % 20 < 10 ? 60 : -6;
      }
    }
    check(at, chunk, inputs);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void stepsAreTheRecurrence(int piece) {
    SsdCase at = SsdCase.of(2, 12, 4, 5, 2, 18);
    float[][] inputs = at.inputs(random);
    NaiveSsd naive = new NaiveSsd(at, inputs);
    SsdCase few = at.withLength(piece);
    float[][] pieces = few.inputs(random);
    System.arraycopy(inputs, Ssd.A_LOG, pieces, Ssd.A_LOG, 4);
    float[] y = new float[naive.y.length];
    for (int from = 0; from < at.length(); from += piece) {
      for (int b = 0; b < 2; b++) {
        copy(inputs[Ssd.XBC], b * 12 + from, pieces[Ssd.XBC], b * piece, piece, at.width());
        copy(inputs[Ssd.DELTA], b * 12 + from, pieces[Ssd.DELTA], b * piece, piece, 4);
      }
      BodyCall call = few.call(256, pieces, false, 2).forward();
      pieces[Ssd.STATE] = state(call);
      for (int b = 0; b < 2; b++) {
        copy(y(call), b * piece, y, b * 12 + from, piece, 20);
      }
    }
    assertClose("y", y, naive.y, 1e-6);
    assertClose("state", pieces[Ssd.STATE], naive.state, 1e-6);
  }

  private static void copy(float[] from, int row, float[] to, int toRow, int rows, int width) {
    System.arraycopy(from, row * width, to, toRow * width, rows * width);
  }

  @Test
  void stepsKnowDocumentsAndPadding() {
    SsdCase at = SsdCase.of(2, 4, 2, 4, 1, 16).packed(3, -1, 3, 1, -1, -1, 7, 8);
    float[][] inputs = at.inputs(random);
    NaiveSsd naive = new NaiveSsd(at, inputs);

    BodyCall call = at.call(256, inputs, false, 1).forward();

    assertClose("y", y(call), naive.y, 1e-6);
    assertClose("state", state(call), naive.state, 1e-6);
  }

  private static float[] y(BodyCall call) {
    return OffHeap.array(call.output(0));
  }

  private static float[] state(BodyCall call) {
    return OffHeap.array(call.output(1));
  }

  private void check(SsdCase at, int chunk) {
    check(at, chunk, at.inputs(random));
  }

  private void check(SsdCase at, int chunk, float[][] inputs) {
    NaiveSsd naive = new NaiveSsd(at, inputs);
    float[] gradient = new float[naive.y.length];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) random.nextGaussian();
    }
    MemorySegment arriving = OffHeap.floats(gradient);
    BodyCall one = at.call(chunk, inputs, true, 1).forward().backward(arriving);
    BodyCall three = at.call(chunk, inputs, true, 3).forward().backward(arriving);

    assertClose("y", y(one), naive.y, 1e-5);
    assertClose("state", state(one), naive.state, 1e-5);
    assertThat(y(three)).isEqualTo(y(one));
    double[][] expected = naive.gradients(gradient);
    for (int i = 0; i < expected.length; i++) {
      assertClose("gradient of input " + i, OffHeap.array(one.inputGradient(i)), expected[i], 1e-5);
      assertThat(OffHeap.array(three.inputGradient(i)))
          .isEqualTo(OffHeap.array(one.inputGradient(i)));
    }
  }

  private static void assertClose(
      String what, float[] actual, double[] expected, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double error = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as(what).isFinite();
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(Math.sqrt(error))
        .as(what)
        .isLessThanOrEqualTo(tolerance * Math.sqrt(norm) + Float.MIN_NORMAL * 1e3);
  }

  @Test
  void chunksOfOneRowCountTheSameWhateverTheBatch() {
    Ssd op = SsdCase.of(1, 300, 4, 8, 1, 16).op(64);
    long one = op.flops(SsdCase.of(1, 300, 4, 8, 1, 16).types());
    assertThat(op.flops(SsdCase.of(5, 300, 4, 8, 1, 16).types())).isEqualTo(5 * one);
  }

  @Test
  void groupsMustFitTheOperands() {
    SsdCase at = SsdCase.of(1, 5, 3, 4, 2, 8);
    assertThatThrownBy(() -> at.op(64).outputs(at.types()))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("x of 3 heads with B and C of 2 groups");
    SsdCase other = SsdCase.of(1, 5, 4, 4, 2, 8);
    var types = other.types();
    types.set(Ssd.SKIP, TensorType.f32(5));
    assertThatThrownBy(() -> other.op(64).outputs(types))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("skip must be [4]");
  }
}
