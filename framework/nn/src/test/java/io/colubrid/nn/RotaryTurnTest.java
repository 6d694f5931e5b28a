package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotaryTurnTest {
  private static final int BATCH = 3;

  @ParameterizedTest
  @CsvSource({
    // length, heads, headDim, positions, offsets, threads
    "1, 1, 2, false, false, 1",
    "1, 4, 32, false, true, 3",
    "63, 3, 6, true, false, 2",
    "100, 2, 40, false, true, 2",
    "257, 2, 64, true, true, 3",
  })
  void turnsPairsByTheirAnglesAndBack(
      int length, int heads, int headDim, boolean positions, boolean offsets, int threads) {
    double[] frequencies = new double[headDim / 2];
    Arrays.setAll(frequencies, i -> Math.pow(10000, -2.0 * i / headDim));
    var op = new RotaryTurn(frequencies);
    var types =
        Arrays.asList(
            TensorType.f32(BATCH, length, heads, headDim),
            positions ? TensorType.i32(BATCH, length) : null,
            offsets ? TensorType.i32(BATCH) : null);
    try (var loop = new Threads(threads)) {
      var call = new FakeCall(op, op.cpuBody(), types, loop, true);
      FakeCall.fill(call.input(0), 1, 1);
      FakeCall.fill(call.outputGradient(0), 2, 1);
      for (int i = 0; positions && i < BATCH * length; i++) {
        call.input(1).setAtIndex(JAVA_INT, i, i % 7 == 0 ? -1 : i * 31 % 300);
      }
      for (int i = 0; offsets && i < BATCH; i++) {
        call.input(2).setAtIndex(JAVA_INT, i, 1000 * i + 5);
      }
      call.forward().backward();

      double[] turned = turned(call, call.input(0), length, heads, frequencies, 1);
      double[] back = turned(call, call.outputGradient(0), length, heads, frequencies, -1);
      assertThat(Numbers.error(call.output(0), turned)).isLessThan(1e-7);
      assertThat(Numbers.error(call.inputGradient(0), back)).isLessThan(1e-7);
    }
  }

  private static double[] turned(
      FakeCall call, MemorySegment x, int length, int heads, double[] frequencies, int direction) {
    double[] values = Numbers.doubles(x);
    double[] turned = new double[values.length];
    int half = frequencies.length;
    for (int pair = 0; pair < values.length / 2; pair++) {
      int feature = pair % half;
      int token = pair / half / heads;
      int position = call.hasInput(1) ? call.input(1).getAtIndex(JAVA_INT, token) : token % length;
      int offset = call.hasInput(2) ? call.input(2).getAtIndex(JAVA_INT, token / length) : 0;
      double angle = direction * frequencies[feature] * (position + offset);
      int at = pair / half * 2 * half + feature;
      turned[at] = values[at] * Math.cos(angle) - values[at + half] * Math.sin(angle);
      turned[at + half] = values[at + half] * Math.cos(angle) + values[at] * Math.sin(angle);
    }
    return turned;
  }
}
