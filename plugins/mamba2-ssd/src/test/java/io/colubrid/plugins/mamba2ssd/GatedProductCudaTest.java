package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import io.colubrid.testkit.cuda.TrialMatrix;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product of a gated norm on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class GatedProductCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** More than one row or group is left to the definition. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1536, 768, 1",
    "1, 1, 8, 3, 1",
    "1, 1, 37, 20, 1",
    "1, 1, 2056, 50, 1",
    "1, 1, 96, 50, 2",
    "2, 3, 40, 17, 1",
    "1, 1, 120, 17, 1"
  })
  void aGpuAgreesWithTheCpu(int batch, int length, int channels, int out, int groups) {
    Random random = new Random(channels);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 2, batch, length, channels),
            Operand.stream(random, 4, batch, length, channels),
            Operand.parameter(random, 1, channels),
            Operand.stream(random, 1, out, channels));
    GatedProduct op = new GatedProduct(new GatedRmsNorm(groups, 1e-5));
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands,
        (ops, in) -> List.of(op.apply(ops, in.get(0), in.get(1), in.get(2), in.get(3))));
  }

  /** Steps of 17 to 128 rows gate what comes out, and the product behind divides by the root. */
  @ParameterizedTest
  @CsvSource({
    "64, 24, 64, 128, 768, 1, true",
    "65, 5, 56, 128, 24, 1, true",
    "65, 5, 56, 128, 24, 1, false",
    "17, 5, 56, 128, 261, 1, false",
    "65, 4, 40, 64, 300, 1, true",
    "100, 3, 24, 256, 35, 1, true",
    "128, 2, 72, 16, 50, 1, false",
    "33, 2, 300, 8, 1100, 1, true",
    "64, 4, 40, 64, 300, 2, true",
    "20, 3, 24, 24, 300, 1, true",
    "17, 1, 8, 8, 5, 1, true",
    "18, 2, 16, 16, 9, 1, false",
    "16, 4, 40, 64, 300, 1, true"
  })
  void aGatedStepAgreesWithTheCpu(
      int rows, int heads, int headDim, int states, int out, int groups, boolean rounded) {
    Random random = new Random(rows + heads + headDim);
    long inner = (long) heads * headDim;
    Ssd op = new Ssd(1, states, 256, 0, Double.POSITIVE_INFINITY);
    double[] steps = random.doubles((long) rows * heads, -3, 1).toArray();
    List<Operand> operands =
        SsdTrial.operands(op, random, rows, 1, heads, headDim, steps, SsdTrial.With.STATE);
    if (rounded) {
      operands.set(5, Operand.roundedState(random, rows, heads, headDim, states));
    }
    operands.add(Operand.stream(random, 4, rows, 1, inner));
    operands.add(Operand.parameter(random, 1, inner));
    TrialMatrix matrix = TrialMatrix.of(random, "matrix", 1 / Math.sqrt(inner), out, inner);
    GatedRmsNorm norm = new GatedRmsNorm(groups, 1e-5);
    CudaTrial.Function function =
        (ops, in) -> {
          List<Tensor> step = SsdTrial.recur(op, ops, in.subList(0, 6), SsdTrial.With.STATE);
          Tensor normed = norm.apply(ops, step.getFirst(), in.get(6), in.get(7));
          return List.of(ops.linear(normed, matrix.parameter()), step.getLast());
        };
    new CudaTrial(DType.BF16, false, operands, List.of(matrix), function)
        .agrees(gpu.backend(), 2e-2);
  }
}
