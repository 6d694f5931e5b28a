package io.colubrid.plugins.attention;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
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
 * Attention to a cache of F32 or BF16 on a GPU gives what it gives on the CPU, and leaves the same
 * cache.
 */
@Tag("cuda")
final class CachedAttentionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "2, 1, 4, 4, 64, 300, 9223372036854775807, false",
    "3, 1, 8, 2, 128, 517, 9223372036854775807, false",
    "1, 1, 6, 1, 24, 40, 9223372036854775807, false",
    "2, 1, 2, 1, 256, 700, 100, true",
    "2, 1, 2, 2, 13, 90, 9223372036854775807, true",
    "5, 1, 10, 2, 64, 64, 1, false",
    "2, 64, 4, 2, 64, 300, 9223372036854775807, false",
    "1, 450, 3, 3, 64, 1000, 9223372036854775807, false",
    "2, 37, 2, 1, 128, 190, 50, true",
    "1, 130, 2, 2, 256, 131, 9223372036854775807, true",
    "2, 19, 2, 1, 11, 60, 9223372036854775807, true",
    "1, 1, 2, 2, 64, 9, 9223372036854775807, false",
    "2, 1, 4, 1, 64, 7, 9223372036854775807, true",
    "1, 1, 2, 2, 128, 9, 9223372036854775807, true",
    "1, 1, 4, 1, 128, 5, 9223372036854775807, false",
    "1, 1, 1, 1, 256, 9, 9223372036854775807, false",
    "1, 1, 4, 1, 256, 5, 9223372036854775807, true",
    "1, 3, 2, 1, 64, 9, 9223372036854775807, true",
    "1, 3, 1, 1, 128, 9, 9223372036854775807, false",
    "1, 3, 1, 1, 256, 7, 9223372036854775807, true",
    "1, 3, 1, 1, 99, 9, 9223372036854775807, false",
    "1, 1, 1, 1, 8, 130, 9223372036854775807, false"
  })
  void aGpuAgreesWithTheCpu(
      int batch,
      int length,
      int heads,
      int kvHeads,
      int width,
      int capacity,
      long window,
      boolean padded) {
    Random random = new Random(length * 31L + width);
    int[] lengths = random.ints(batch, 0, capacity - length + 1).toArray();
    Operand keys = Operand.state(random, batch, capacity, kvHeads, width);
    Operand values = Operand.state(random, batch, capacity, kvHeads, width);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 2, batch, length, heads, width),
            Operand.stream(random, 2, batch, length, kvHeads, width),
            Operand.stream(random, 1, batch, length, kvHeads, width),
            keys,
            values,
            Operand.whole(lengths, batch),
            Operand.whole(positions(random, batch, length), batch, length));
    CachedAttention attention = CachedAttention.of(new AttentionMask(true, window), width);
    CudaTrial.Function function = (ops, in) -> apply(attention, ops, in, padded);
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, function);
    List<Operand> halves = new ArrayList<>(operands);
    halves.set(3, new Operand(CudaTrial.Role.STREAM, keys.shape(), keys.elements()));
    halves.set(4, new Operand(CudaTrial.Role.STREAM, values.shape(), values.elements()));
    new CudaTrial(DType.BF16, false, halves, function).agrees(gpu.backend(), 2e-2);
  }

  private static List<Tensor> apply(
      CachedAttention attention, Ops ops, List<Tensor> in, boolean padded) {
    Tensor positions = padded ? in.get(6) : null;
    CachedAttention.Result result =
        attention.apply(
            ops, in.get(0), in.get(1), in.get(2), in.get(3), in.get(4), in.get(5), positions);
    return List.of(result.out(), result.keyCache(), result.valueCache());
  }

  /** Some padding in front of the tokens of each row and behind them. */
  private static int[] positions(Random random, int batch, int length) {
    int[] positions = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int padding = random.nextInt(1 + length / 3);
      int tokens = length - padding - random.nextInt(1 + length / 3);
      for (int i = 0; i < length; i++) {
        int index = i - padding;
        positions[row * length + i] = index < tokens ? Math.max(-1, index) : -1;
      }
    }
    return positions;
  }
}
