package io.colubrid.testkit.cuda;

import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products of few rows, from one to more than have kernels of their own. From 17 rows on those are
 * for compute capability 9.0; other GPUs take cuBLAS.
 */
@Tag("cuda")
final class FewRowsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 768, 3072",
    "1, 8, 1",
    "1, 48, 1536",
    "1, 1536, 80",
    "1, 37, 20",
    "2, 1536, 80",
    "3, 40, 17",
    "7, 136, 33",
    "8, 768, 100",
    "9, 64, 65",
    "16, 264, 2100",
    "17, 96, 31",
    "31, 1536, 48",
    "33, 72, 50",
    "33, 48, 1536",
    "63, 1000, 261",
    "64, 768, 96",
    "64, 1536, 80",
    "64, 768, 3072",
    "65, 768, 96",
    "127, 520, 1029",
    "128, 8, 3",
    "129, 64, 40",
    "5, 37, 20",
    "1, 120, 33",
    "17, 136, 40",
    "19, 136, 260",
    "20, 136, 1030",
    "17, 8, 16390",
    "64, 200, 34000",
    "33, 72, 17003",
    "50, 136, 16500"
  })
  void aProductAgreesWithTheCpu(int rows, int in, int out) {
    Random random = new Random(rows * 100L + in + out);
    List<Operand> operands =
        List.of(Operand.stream(random, 1, rows, in), Operand.stream(random, 1, out, in));
    CudaTrial.Function product =
        (ops, of) -> List.of(ops.matmul(of.get(0), false, of.get(1), true));
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, product);
  }

  /** Results of products with neighbouring rows of one matrix, and of one that is split. */
  @ParameterizedTest
  @CsvSource({
    "64, 768, 1536, 1536, 24",
    "17, 72, 5, 8, 3",
    "100, 64, 48, 16, 16",
    "40, 64, 9000, 8000, 4",
    "70, 64, 4000, 4000, 3000",
    "3, 40, 7, 1, 9"
  })
  void productsThatAreTakenTogetherAgreeWithTheCpu(
      int rows, int in, int first, int second, int third) {
    Random random = new Random(rows + in);
    int all = first + second + third;
    List<Operand> operands =
        List.of(Operand.stream(random, 1, rows, in), Operand.stream(random, 1, all, in));
    CudaTrial.Function products =
        (ops, of) -> {
          List<Tensor> results = new ArrayList<>();
          List<Tensor> weights = ops.split(of.get(1), 0, first, second, third);
          weights.forEach(weight -> results.add(ops.matmul(of.get(0), false, weight, true)));
          Tensor whole = ops.matmul(of.get(0), false, of.get(1), true);
          results.add(whole);
          results.addAll(ops.split(whole, 1, first, second, third));
          return results;
        };
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, products);
  }
}
