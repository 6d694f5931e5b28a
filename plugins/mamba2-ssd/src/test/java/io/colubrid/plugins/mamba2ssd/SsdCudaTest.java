package io.colubrid.plugins.mamba2ssd;

import io.colubrid.plugins.mamba2ssd.SsdTrial.With;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
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
    check(op, SsdTrial.operands(op, random, batch, length, heads, headDim, steps, with), with);
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
    check(op, SsdTrial.operands(op, random, batch, length, heads, 64, steps, with), with);
  }

  @Test
  void stepSizesStayWithinTheirBounds() {
    Random random = new Random(5);
    double[] steps = random.doubles(150, -6, 6).toArray();
    Ssd op = new Ssd(1, 16, 256, 0.02, 0.3);
    check(op, SsdTrial.operands(op, random, 1, 75, 2, 8, steps, With.NOTHING), With.NOTHING);
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
    check(op, SsdTrial.operands(op, random, 1, 300, 3, 4, steps, With.STATE), With.STATE);
  }

  private static void check(Ssd op, List<Operand> operands, With with) {
    CudaTrial.Function function = (ops, in) -> SsdTrial.recur(op, ops, in, with);
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, function);
  }
}
