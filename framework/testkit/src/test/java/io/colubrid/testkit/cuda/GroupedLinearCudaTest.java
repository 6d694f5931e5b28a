package io.colubrid.testkit.cuda;

import io.colubrid.nn.GroupedLinear;
import io.colubrid.nn.GroupedSwiGlu;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of groups on a GPU give what they give on the CPU, whatever the sizes of the groups. */
@Tag("cuda")
final class GroupedLinearCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, 8, false",
    "2, 8, 40, 24, true",
    "16, 3, 72, 17, true",
    "13, 5, 33, 9, false",
    "40, 4, 136, 72, true",
    "150, 3, 200, 264, false",
    "300, 2, 64, 136, true",
    "500, 1, 88, 40, false",
    "90, 40, 16, 16, true",
    "77, 3, 31, 65, true",
    "70, 1, 16, 8, false",
    "150, 1, 16, 24, true"
  })
  void aGpuAgreesWithTheCpu(int rows, int groups, int in, int out, boolean biased) {
    Random random = new Random(31L * rows + in);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, rows, in));
    operands.add(Operand.stream(random, 1, groups, out, in));
    operands.add(Operand.whole(offsets(random, rows, groups), groups + 1));
    if (biased) {
      operands.add(Operand.parameter(random, 1, groups, out));
    }
    CudaTrial.Function function =
        (ops, operand) ->
            List.of(
                new GroupedLinear()
                    .apply(
                        ops,
                        operand.get(0),
                        operand.get(1),
                        biased ? operand.get(3) : null,
                        operand.get(2)));
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, 8, false",
    "2, 8, 72, 21, true",
    "16, 5, 40, 33, false",
    "13, 2, 768, 6, true",
    "40, 3, 24, 16, true"
  })
  void swiGluOfGroupsAgrees(int rows, int groups, int in, int out, boolean biased) {
    Random random = new Random(31L * rows + in);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, rows, in));
    operands.add(Operand.stream(random, 1, groups, out, in));
    operands.add(Operand.stream(random, 1, groups, out, in));
    operands.add(Operand.whole(offsets(random, rows, groups), groups + 1));
    if (biased) {
      operands.add(Operand.parameter(random, 1, groups, out));
      operands.add(Operand.parameter(random, 1, groups, out));
    }
    CudaTrial.Function function =
        (ops, operand) -> {
          List<@Nullable Tensor> inputs = new ArrayList<>(operand);
          while (inputs.size() < 6) {
            inputs.add(null);
          }
          return ops.apply(new GroupedSwiGlu(), inputs.toArray(Tensor[]::new));
        };
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, function);
    new CudaTrial(DType.F32, true, operands, function).agrees(gpu.backend(), 1e-4);
  }

  /** Groups of any size, some empty, and rows behind the last. */
  private static int[] offsets(Random random, int rows, int groups) {
    int[] offsets = new int[groups + 1];
    int left = rows - (rows > 2 ? random.nextInt(rows / 2) : 0);
    for (int g = 0; g < groups; g++) {
      int size = random.nextInt(4) == 0 ? 0 : random.nextInt(left + 1);
      size = g == groups - 1 ? left : size;
      offsets[g + 1] = offsets[g] + size;
      left -= size;
    }
    return offsets;
  }
}
