package io.colubrid.testkit.cuda;

import io.colubrid.nn.AddNorm;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product of many rows that adds to the stream and norms gives what all of it alone gives. */
@Tag("cuda")
final class AddedProductCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** The last ones are not joined: for their rows, width, depth, or for another reader. */
  @ParameterizedTest
  @CsvSource({
    "16384, 1536, 768, true, false",
    "16399, 200, 512, true, false",
    "16511, 8, 768, true, false",
    "16500, 72, 1024, false, false",
    "40001, 392, 512, true, false",
    "16383, 64, 512, true, false",
    "16384, 64, 640, true, false",
    "16384, 36, 512, true, false",
    "16384, 1536, 512, true, false",
    "16384, 64, 512, true, true"
  })
  void agreesWithTheCpu(int rows, int in, int width, boolean weighted, boolean read) {
    Random random = new Random(rows * 31L + in + width);
    TrialMatrix matrix = TrialMatrix.of(random, "matrix", 2 / Math.sqrt(in), width, in);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, 1, rows, in),
            Operand.parameter(random, 3, 1, rows, width),
            Operand.parameter(random, 1, width));
    CudaTrial.Function function =
        (ops, of) -> {
          Tensor branch = ops.linear(of.get(0), matrix.parameter());
          AddNorm.Result norm =
              new AddNorm(false, 1e-5, ops.activation())
                  .apply(ops, of.get(1), branch, weighted ? of.get(2) : null, null);
          List<Tensor> results = new ArrayList<>(List.of(norm.normed(), norm.stream()));
          if (read) {
            results.add(branch);
          }
          return results;
        };
    new CudaTrial(DType.BF16, false, operands, List.of(matrix), function)
        .agrees(gpu.backend(), 2e-2);
  }
}
