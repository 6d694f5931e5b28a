package io.colubrid.testkit.cuda;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The causal convolution on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class CausalConv1dCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "2, 1, 16, 4, true, true, false, false",
    "2, 1, 9, 4, true, true, true, false",
    "3, 2, 8, 4, true, true, false, false",
    "2, 67, 40, 4, true, false, false, false",
    "1, 100, 17, 4, true, true, false, false",
    "2, 257, 36, 4, true, true, true, false",
    "2, 131, 36, 4, true, false, true, true",
    "1, 61, 132, 4, false, false, false, true",
    "2, 40, 12, 1, true, false, false, false",
    "2, 41, 12, 2, true, true, true, false",
    "2, 43, 12, 3, false, true, false, false",
    "2, 90, 12, 7, true, true, true, false",
    "1, 90, 5, 8, true, false, true, true",
    "2, 1, 10, 8, true, true, false, false"
  })
  void aGpuAgreesWithTheCpu(
      int batch,
      int length,
      int channels,
      int width,
      boolean silu,
      boolean carried,
      boolean packed,
      boolean reversed) {
    Random random = new Random(length * 31L + channels);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, length, channels));
    operands.add(Operand.parameter(random, 1, channels, 1, width));
    operands.add(Operand.parameter(random, 1, channels));
    if (carried) {
      operands.add(Operand.state(random, batch, width - 1, channels));
    }
    if (packed) {
      operands.add(Documents.of(random, batch, length));
    }
    CausalConv1d conv = new CausalConv1d(silu, reversed);
    CudaTrial.Function function = (ops, in) -> convolve(conv, ops, in, carried, packed);
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }

  private static List<Tensor> convolve(
      CausalConv1d conv, Ops ops, List<Tensor> in, boolean carried, boolean packed) {
    CausalConv1d.Result result =
        conv.apply(
            ops,
            in.get(0),
            in.get(1),
            in.get(2),
            carried ? in.get(3) : null,
            packed ? in.getLast() : null);
    Tensor tail = result.tail();
    return tail == null ? List.of(result.y()) : List.of(result.y(), tail);
  }
}
