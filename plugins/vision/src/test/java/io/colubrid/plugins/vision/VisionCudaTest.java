package io.colubrid.plugins.vision;

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

/** Operations over grids give on a GPU what they give on the CPU. */
@Tag("cuda")
final class VisionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 3, true",
    "2, 7, 5, 33, 3, true",
    "1, 20, 19, 64, 3, false",
    "2, 6, 11, 10, 5, true",
    "1, 4, 9, 7, 1, false",
    "1, 3, 2, 4, 7, true",
    "1, 3, 4, 6, 3, true"
  })
  void depthwiseConvolution(
      int batch, int height, int width, int channels, int size, boolean biased) {
    Random random = new Random(31L * width + channels);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, height, width, channels));
    operands.add(Operand.parameter(random, 1, channels, 1, size, size));
    if (biased) {
      operands.add(Operand.parameter(random, 1, channels));
    }
    both(
        operands,
        (ops, in) ->
            List.of(
                new DepthwiseConv2d().apply(ops, in.get(0), in.get(1), biased ? in.get(2) : null)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1, 1, 1, 0",
    "2, 9, 7, 3, 3, 2, 1",
    "1, 8, 8, 16, 4, 4, 0",
    "2, 5, 6, 8, 3, 1, 2",
    "1, 11, 10, 5, 2, 3, 0"
  })
  void windows(int batch, int height, int width, int channels, int size, int stride, int padding) {
    Operand x = Operand.stream(new Random(width), 1, batch, height, width, channels);
    both(
        List.of(x),
        (ops, in) -> List.of(new Unfold(size, stride, padding).apply(ops, in.getFirst())));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 1, 1, 1", "2, 5, 7, 24, 3, 2", "1, 16, 9, 33, 2, 16"})
  void ordersOfAFourWayScan(int batch, int height, int width, int channels, int rank, int states) {
    Random random = new Random(height);
    long parts = CrossScan.WAYS * (rank + 2L * states);
    Operand grid = Operand.stream(random, 1, batch, height, width, channels);
    Operand all = Operand.stream(random, 1, batch, height, width, parts);
    both(
        List.of(grid, all),
        (ops, in) -> {
          CrossSplit.Result read = new CrossSplit(rank, states).apply(ops, in.get(0), in.get(1));
          List<Tensor> each = new ArrayList<>(read.parts());
          each.add(read.turned());
          return List.of(ops.concat(2, each));
        });
    List<Operand> ways = new ArrayList<>();
    for (int way = 0; way < CrossScan.WAYS; way++) {
      ways.add(Operand.stream(random, 1, batch, (long) height * width, channels));
    }
    both(ways, (ops, in) -> List.of(new CrossMerge(height, width).apply(ops, in)));
  }

  private static void both(List<Operand> operands, CudaTrial.Function function) {
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }
}
