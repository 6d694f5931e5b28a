package io.colubrid.testkit.cuda;

import io.colubrid.nn.AddNorm;
import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.ProjectedConvolution;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products that norm their row themselves on a GPU give what norm and product give. */
@Tag("cuda")
final class RowNormCudaTest {
  private static final int STREAM = 0;
  private static final int BRANCH = 1;
  private static final int NORM_WEIGHT = 2;
  private static final int MATRIX = 3;
  private static final int TAPS = 4;
  private static final int TAIL = 5;

  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** With more than one row, or where somebody else reads the norm, it has a launch of its own. */
  @ParameterizedTest
  @CsvSource({
    "1, 768, 3072, true, true, false",
    "1, 1536, 80, false, true, false",
    "1, 2056, 50, true, false, false",
    "1, 37, 9, true, true, false",
    "1, 40, 3, true, true, true",
    "3, 40, 20, true, true, false",
    "1, 64, 24, true, true, false",
    "1, 120, 24, false, true, false"
  })
  void aProductAgreesWithTheCpu(
      int rows, int in, int out, boolean added, boolean weighted, boolean read) {
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands(rows, in, out, 1),
        (ops, of) -> {
          AddNorm.Result norm = norm(ops, of, added, weighted);
          Tensor product = ops.matmul(norm.normed(), false, of.get(MATRIX), true);
          List<Tensor> results = new ArrayList<>(List.of(product, norm.stream()));
          if (read) {
            results.add(norm.normed());
          }
          return results;
        });
  }

  @ParameterizedTest
  @CsvSource({"768, 3072, 1536", "2056, 50, 50", "37, 9, 5", "64, 24, 16", "120, 24, 8"})
  void aConvolutionBehindAgreesWithTheCpu(int in, int out, int channels) {
    ProjectedConvolution op = new ProjectedConvolution(new CausalConv1d(true), out - channels);
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands(1, in, out, channels),
        (ops, of) -> {
          AddNorm.Result norm = norm(ops, of, true, true);
          CausalConv1d.Result result =
              op.apply(ops, norm.normed(), of.get(MATRIX), of.get(TAPS), null, of.get(TAIL));
          return List.of(result.y(), Objects.requireNonNull(result.tail()), norm.stream());
        });
  }

  private static List<Operand> operands(int rows, int in, int out, int channels) {
    Random random = new Random(in + out);
    return List.of(
        Operand.parameter(random, 3, rows, 1, in),
        Operand.stream(random, 2, rows, 1, in),
        Operand.parameter(random, 1, in),
        Operand.stream(random, 1 / Math.sqrt(in), out, in),
        Operand.parameter(random, 1, channels, 1, 4),
        Operand.state(random, 1, 3, channels));
  }

  private static AddNorm.Result norm(Ops ops, List<Tensor> of, boolean added, boolean weighted) {
    Tensor branch = added ? of.get(BRANCH) : null;
    Tensor weight = weighted ? of.get(NORM_WEIGHT) : null;
    return new AddNorm(false, 1e-5, of.get(MATRIX).dtype())
        .apply(ops, of.get(STREAM), branch, weight, null);
  }
}
