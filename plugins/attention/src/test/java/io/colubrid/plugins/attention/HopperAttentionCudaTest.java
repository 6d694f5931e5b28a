package io.colubrid.plugins.attention;

import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tensor cores take tiles that are hardly filled, and documents that end within them. GPUs of other
 * compute capability than 9.0 have other kernels for this.
 */
@Tag("cuda")
final class HopperAttentionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "65, 64, true, 9223372036854775807, true",
    "131, 64, false, 9223372036854775807, false",
    "67, 128, true, 5, false",
    "66, 128, false, 9223372036854775807, true",
    "65, 256, true, 9223372036854775807, false"
  })
  void aGpuAgreesWithTheCpu(int length, int width, boolean causal, long window, boolean packed) {
    Random random = new Random(length * 31L + width);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 2, 1, length, 1, width));
    operands.add(Operand.stream(random, 2, 1, length, 1, width));
    operands.add(Operand.stream(random, 1, 1, length, 1, width));
    if (packed) {
      int[] segments = new int[length];
      for (int i = 0; i < length; i++) {
        segments[i] = i % 23 == 0 ? -1 : i / 23;
      }
      operands.add(Operand.whole(segments, 1, length));
    }
    AttentionMask mask = new AttentionMask(causal, window);
    CudaTrial.Function function =
        (ops, in) ->
            List.of(
                ScaledDotProduct.of(mask, width)
                    .apply(ops, in.get(0), in.get(1), in.get(2), packed ? in.get(3) : null));
    // Wider heads go back by other kernels.
    new CudaTrial(DType.BF16, width <= 128, operands, function).agrees(gpu.backend(), 2e-2);
  }
}
