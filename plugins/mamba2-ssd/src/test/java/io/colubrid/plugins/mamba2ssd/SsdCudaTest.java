package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recurrence on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class SsdCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** What is given besides the streams. */
  private enum With {
    NOTHING,
    STATE,
    DOCUMENTS,
    BOTH;

    boolean state() {
      return this == STATE || this == BOTH;
    }

    boolean documents() {
      return this == DOCUMENTS || this == BOTH;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, 1, 2, 16, 1, 16, STATE",
    "3, 1, 2, 7, 1, 5, BOTH",
    "1, 2, 2, 8, 1, 16, STATE",
    "2, 64, 2, 64, 1, 64, NOTHING",
    "2, 65, 4, 64, 2, 128, STATE",
    "1, 100, 3, 16, 1, 24, BOTH",
    "2, 257, 4, 64, 1, 128, NOTHING",
    "1, 300, 2, 5, 2, 18, DOCUMENTS",
    "1, 130, 2, 72, 1, 72, BOTH",
    "1, 97, 2, 8, 1, 200, NOTHING",
    "1, 1031, 2, 16, 1, 16, BOTH",
    "1, 700, 6, 32, 3, 16, DOCUMENTS",
    "1, 2500, 1, 8, 1, 8, STATE",
    "2, 777, 5, 64, 1, 128, BOTH",
    "1, 1500, 4, 64, 2, 128, STATE",
    "1, 66, 1, 64, 1, 128, BOTH",
    "1, 530, 1, 8, 1, 8, BOTH"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int heads, int headDim, int groups, int states, With with) {
    Random random = new Random(length * 31L + states);
    double[] steps = random.doubles((long) batch * length * heads, -3, 1).toArray();
    Ssd op = new Ssd(groups, states, 256, 0, Double.POSITIVE_INFINITY);
    check(op, operands(op, random, batch, length, heads, headDim, steps, with), with);
  }

  /**
   * Two heads and three that share a block of Hopper's kernels, and a last block that is not full.
   * GPUs of other compute capability than 9.0 have other kernels for this.
   */
  @ParameterizedTest
  @CsvSource({"1, 2, 133, DOCUMENTS", "1, 3, 269, NOTHING", "7, 65, 19, BOTH", "5, 65, 53, STATE"})
  void headsThatShareABlockAgreeWithTheCpu(int batch, int length, int heads, With with) {
    Random random = new Random(length);
    double[] steps = random.doubles((long) batch * length * heads, -3, 1).toArray();
    Ssd op = new Ssd(1, 128, 256, 0, Double.POSITIVE_INFINITY);
    check(op, operands(op, random, batch, length, heads, 64, steps, with), with);
  }

  @Test
  void stepSizesStayWithinTheirBounds() {
    Random random = new Random(5);
    double[] steps = random.doubles(150, -6, 6).toArray();
    Ssd op = new Ssd(1, 16, 256, 0.02, 0.3);
    check(op, operands(op, random, 1, 75, 2, 8, steps, With.NOTHING), With.NOTHING);
  }

  /** Sums of Δ·A reach −10⁵ within a chunk, between steps that decay hardly at all. */
  @Test
  void fastDecaysNeitherOverflowNorVanish() {
    Random random = new Random(6);
    double[] steps = new double[300 * 3];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = i / 3 % 20 < 10 ? 600 : -6;
    }
    Ssd op = new Ssd(1, 6, 256, 0, Double.POSITIVE_INFINITY);
    check(op, operands(op, random, 1, 300, 3, 4, steps, With.STATE), With.STATE);
  }

  /** A state of BF16 is rounded once, behind the last step. */
  @ParameterizedTest
  @CsvSource({
    "64, 1, 3, 64, 1, 128, STATE",
    "2, 1, 2, 24, 1, 64, BOTH",
    "70, 1, 2, 40, 1, 64, BOTH",
    "3, 1, 4, 8, 2, 256, STATE",
    "3, 1, 2, 7, 1, 5, BOTH",
    "3, 1, 2, 300, 1, 16, STATE",
    "2, 1, 2, 8, 1, 24, STATE",
    "2, 9, 2, 8, 1, 16, STATE"
  })
  void aRoundedStateAgreesWithTheCpu(
      int batch, int length, int heads, int headDim, int groups, int states, With with) {
    Random random = new Random(batch * 31L + states);
    double[] steps = random.doubles((long) batch * length * heads, -3, 1).toArray();
    Ssd op = new Ssd(groups, states, 256, 0, Double.POSITIVE_INFINITY);
    List<Operand> operands = operands(op, random, batch, length, heads, headDim, steps, with);
    operands.set(5, Operand.roundedState(random, batch, heads, headDim, states));
    CudaTrial.Function function = (ops, in) -> recur(op, ops, in, with);
    new CudaTrial(DType.F32, false, operands, function).agrees(gpu.backend(), 1e-3);
    new CudaTrial(DType.BF16, false, operands, function).agrees(gpu.backend(), 2e-2);
  }

  private static List<Operand> operands(
      Ssd op,
      Random random,
      int batch,
      int length,
      int heads,
      int headDim,
      double[] steps,
      With with) {
    List<Operand> operands = new ArrayList<>();
    long width = (long) heads * headDim + 2 * op.groups() * op.states();
    operands.add(Operand.stream(random, 1, batch, length, width));
    operands.add(new Operand(CudaTrial.Role.STREAM, Shape.of(batch, length, heads), steps));
    operands.add(Operand.parameter(random, 1, heads));
    operands.add(Operand.parameter(random, 1, heads));
    operands.add(Operand.parameter(random, 1, heads));
    if (with.state()) {
      operands.add(Operand.state(random, batch, heads, headDim, op.states()));
    }
    if (with.documents()) {
      operands.add(Operand.whole(segments(random, batch, length), batch, length));
    }
    return operands;
  }

  private static void check(Ssd op, List<Operand> operands, With with) {
    CudaTrial.Function function = (ops, in) -> recur(op, ops, in, with);
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, function);
  }

  private static List<Tensor> recur(Ssd op, Ops ops, List<Tensor> in, With with) {
    Ssd.Result result =
        op.apply(
            ops,
            new Ssd.Operands(
                in.get(0),
                in.get(1),
                in.get(2),
                in.get(3),
                in.get(4),
                with.state() ? in.get(5) : null,
                with.documents() ? in.getLast() : null));
    Tensor state = result.state();
    return state == null ? List.of(result.y()) : List.of(result.y(), state);
  }

  /** Documents of odd lengths with padding between and behind them. */
  private static int[] segments(Random random, int batch, int length) {
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int document = 0;
      int at = row * length;
      int end = at + length;
      while (at < end) {
        int next = Math.min(end, at + 1 + random.nextInt(90));
        Arrays.fill(segments, at, next, random.nextInt(5) == 0 ? -1 : document++);
        at = next;
      }
    }
    return segments;
  }
}
