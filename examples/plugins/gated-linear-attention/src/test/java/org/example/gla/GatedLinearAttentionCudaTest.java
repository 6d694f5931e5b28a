package org.example.gla;

import io.colubrid.spi.op.Ops;
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

/** The kernels give what the CPU gives, forwards and backwards. */
@Tag("cuda")
final class GatedLinearAttentionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1, false, false",
    "2, 70, 3, 16, 32, false, false",
    "2, 33, 2, 7, 5, true, false",
    "2, 90, 2, 24, 40, false, true",
    "2, 90, 1, 40, 24, true, true",
    "1, 47, 1, 128, 128, true, true",
    "1, 129, 2, 64, 100, false, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int heads, int keys, int values, boolean carried, boolean packed) {
    Random random = new Random(31L * length + keys);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, length, (long) heads * keys));
    operands.add(Operand.stream(random, 1, batch, length, (long) heads * keys));
    operands.add(Operand.stream(random, 1, batch, length, (long) heads * values));
    operands.add(decays(random, batch, length, heads));
    if (packed) {
      operands.add(Operand.whole(positions(random, batch, length), batch, length));
    }
    if (carried) {
      operands.add(Operand.state(random, batch, heads, keys, values));
    }
    CudaTrial.Function function = (ops, in) -> attention(heads, ops, in, packed, carried);
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }

  private static Operand decays(Random random, int batch, int length, int heads) {
    Operand any = Operand.stream(random, 1, batch, length, heads);
    double[] negative = any.elements().clone();
    for (int i = 0; i < negative.length; i++) {
      negative[i] = -Math.abs(negative[i]) / 4;
    }
    return new Operand(any.role(), any.shape(), negative);
  }

  private static List<Tensor> attention(
      int heads, Ops ops, List<Tensor> in, boolean packed, boolean carried) {
    GatedLinearAttention.Result result =
        new GatedLinearAttention(heads)
            .apply(
                ops,
                new GatedLinearAttention.Operands(
                    in.get(0),
                    in.get(1),
                    in.get(2),
                    in.get(3),
                    packed ? in.get(4) : null,
                    carried ? in.getLast() : null));
    Tensor state = result.state();
    return state == null ? List.of(result.o()) : List.of(result.o(), state);
  }

  /** Documents with padding before, between and behind them. */
  private static int[] positions(Random random, int batch, int length) {
    int[] positions = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int position = -1;
      int left = 1 + random.nextInt(20);
      for (int t = 0; t < length; t++) {
        if (left-- == 0) {
          left = random.nextInt(30);
          position = random.nextInt(3) == 0 ? -1 : 0;
        }
        positions[row * length + t] = position < 0 ? -1 : position++;
      }
    }
    return positions;
  }
}
