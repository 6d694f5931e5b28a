package io.colubrid.plugins.mamba2ssd;

import io.colubrid.plugins.mamba2ssd.SsdTrial.With;
import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps of generation. From two million states on a thread takes several channels. */
@Tag("cuda")
final class SsdStepCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "65, 5, 56, 1, 128, STATE",
    "29, 8, 40, 2, 256, BOTH",
    "66, 8, 136, 1, 32, STATE",
    "66, 8, 264, 2, 16, BOTH",
    "3, 2, 7, 1, 5, BOTH"
  })
  void aStepAgreesWithTheCpu(int batch, int heads, int headDim, int groups, int states, With with) {
    Random random = new Random(batch * 31L + states);
    double[] steps = random.doubles((long) batch * heads, -3, 1).toArray();
    Ssd op = new Ssd(groups, states, 256, 0, Double.POSITIVE_INFINITY);
    List<Operand> operands = SsdTrial.operands(op, random, batch, 1, heads, headDim, steps, with);
    CudaTrial.agreesInBoth(
        gpu.backend(), false, operands, (ops, in) -> SsdTrial.recur(op, ops, in, with));
  }

  /** A state of BF16 is rounded once, behind the last step. */
  @ParameterizedTest
  @CsvSource({
    "64, 1, 3, 64, 1, 128, STATE",
    "65, 1, 5, 56, 1, 128, STATE",
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
    List<Operand> operands =
        SsdTrial.operands(op, random, batch, length, heads, headDim, steps, with);
    operands.set(5, Operand.roundedState(random, batch, heads, headDim, states));
    CudaTrial.Function function = (ops, in) -> SsdTrial.recur(op, ops, in, with);
    new CudaTrial(DType.F32, false, operands, function).agrees(gpu.backend(), 1e-3);
    new CudaTrial(DType.BF16, false, operands, function).agrees(gpu.backend(), 2e-2);
  }
}
