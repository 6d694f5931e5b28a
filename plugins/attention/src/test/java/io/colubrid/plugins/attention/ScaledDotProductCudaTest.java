package io.colubrid.plugins.attention;

import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention on a GPU gives what it gives on the CPU, and so do its gradients. */
@Tag("cuda")
final class ScaledDotProductCudaTest {
  private static final long ALL = AttentionMask.UNBOUNDED;
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "2, 1, 2, 2, 64, true, false",
    "1, 333, 2, 1, 64, true, false",
    "2, 129, 4, 2, 128, true, false",
    "1, 256, 2, 2, 128, false, false",
    "5, 260, 4, 4, 64, true, false",
    "1, 67, 3, 3, 13, false, true",
    "2, 130, 2, 1, 24, true, true",
    "2, 300, 2, 1, 64, true, true",
    "1, 517, 2, 2, 128, false, true",
    "1, 150, 2, 1, 256, true, true",
    "1, 90, 2, 2, 200, false, false",
    "1, 1100, 1, 1, 32, false, true",
    "1, 9, 2, 1, 64, true, true",
    "1, 7, 1, 1, 128, false, false",
    "1, 5, 1, 1, 256, true, false",
    "1, 7, 2, 1, 100, true, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int heads, int kvHeads, int width, boolean causal, boolean packed) {
    AttentionMask mask = new AttentionMask(causal, ALL);
    agrees(batch, length, heads, kvHeads, width, ScaledDotProduct.of(mask, width), packed);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 0})
  void aScaleNeedNotBePositive(double scale) {
    agrees(1, 130, 2, 1, 64, new ScaledDotProduct(AttentionMask.CAUSAL, scale), true);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 200, 2, 1, 64, 2, false",
    "1, 400, 2, 2, 128, 77, false",
    "2, 270, 2, 1, 64, 130, true",
    "1, 140, 2, 2, 256, 33, true"
  })
  void aWindowSlides(
      int batch, int length, int heads, int kvHeads, int width, int window, boolean packed) {
    AttentionMask mask = AttentionMask.sliding(window);
    agrees(batch, length, heads, kvHeads, width, ScaledDotProduct.of(mask, width), packed);
  }

  private static void agrees(
      int batch,
      int length,
      int heads,
      int kvHeads,
      int width,
      ScaledDotProduct attention,
      boolean packed) {
    Random random = new Random(length * 31L + width);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 2, batch, length, heads, width));
    operands.add(Operand.stream(random, 2, batch, length, kvHeads, width));
    operands.add(Operand.stream(random, 1, batch, length, kvHeads, width));
    if (packed) {
      operands.add(Operand.whole(segments(random, batch, length), batch, length));
    }
    CudaTrial.Function function =
        (ops, in) ->
            List.of(
                attention.apply(ops, in.get(0), in.get(1), in.get(2), packed ? in.get(3) : null));
    // A query that sees a single key has no gradient but what rounding leaves.
    boolean gradients = length > 1;
    CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
  }

  /** Documents of odd lengths, some padding between and behind them. */
  private static int[] segments(Random random, int batch, int length) {
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int document = 0;
      int end = (row + 1) * length;
      for (int at = row * length; at < end; ) {
        int next = Math.min(end, at + 1 + random.nextInt(1 + length / 3));
        Arrays.fill(segments, at, next, random.nextInt(4) == 0 ? -1 : document++);
        at = next;
      }
    }
    return segments;
  }
}
