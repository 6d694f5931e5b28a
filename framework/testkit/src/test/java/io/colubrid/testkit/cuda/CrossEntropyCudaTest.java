package io.colubrid.testkit.cuda;

import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses of scores and their gradients, over vocabularies of odd sizes. */
@Tag("cuda")
final class CrossEntropyCudaTest {
  private static CudaBackend cuda;

  @BeforeAll
  static void open() {
    cuda = CudaTrial.open();
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.memory().requireEmpty();
      cuda.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "3, 2, 0.1",
    "5, 7, 0",
    "2, 256, 0.2",
    "7, 1001, 0",
    "3, 5000, 0.1",
    "4, 20011, 0"
  })
  void lossesAndGradientsAgreeWithTheCpu(int rows, int classes, double smoothing) {
    Random random = new Random(rows * 31L + classes);
    int[] targets = random.ints(rows, -1, classes).toArray();
    targets[0] = classes - 1;
    List<Operand> operands =
        List.of(Operand.stream(random, 8, rows, classes), Operand.whole(targets, rows));
    CudaTrial.Function function =
        (ops, in) -> List.of(ops.crossEntropy(in.get(0), in.get(1), smoothing));
    new CudaTrial(DType.F32, true, operands, function).agrees(cuda, 1e-4);
    new CudaTrial(DType.BF16, true, operands, function).agrees(cuda, 2e-2);
  }

  @ParameterizedTest
  @CsvSource({"40, 3, 16", "9, 4, 10"})
  void gradientsOfRowsAreGatheredWhereTheyCameFrom(int rows, int step, int width) {
    Random random = new Random(3);
    List<Operand> operands = List.of(Operand.stream(random, 1, rows, width));
    CudaTrial.Function function =
        (ops, in) -> {
          var sum = ops.slice(in.get(0), 0, 0, step);
          for (int from = step; from + step <= rows; from += step) {
            sum = ops.add(sum, ops.exp(ops.slice(in.get(0), 0, from, from + step)));
          }
          return List.of(ops.multiply(sum, ops.slice(in.get(0), 0, 1, step + 1)));
        };
    new CudaTrial(DType.F32, true, operands, function).agrees(cuda, 1e-4);
    new CudaTrial(DType.BF16, true, operands, function).agrees(cuda, 2e-2);
  }
}
