package io.colubrid.testkit.cuda;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.ProjectedConvolution;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product with a step of a convolution in it on a GPU gives what both give. */
@Tag("cuda")
final class ProjectedConvolutionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** Rows and lengths of more than one, and wide convolutions, are left to the definition. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 768, 3072, 0, 1536, 4, true",
    "1, 1, 768, 3352, 1536, 1792, 4, true",
    "1, 1, 200, 72, 5, 60, 3, false",
    "1, 1, 37, 9, 2, 6, 2, true",
    "1, 1, 1600, 40, 0, 40, 4, true",
    "1, 1, 40, 20, 3, 9, 5, true",
    "2, 1, 40, 20, 3, 9, 4, true",
    "1, 3, 40, 20, 3, 9, 4, true",
    "1, 1, 64, 24, 0, 16, 4, true",
    "1, 1, 120, 24, 3, 16, 4, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int in, int out, int first, int channels, int width, boolean silu) {
    Random random = new Random(in + out);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, batch, length, in),
            Operand.stream(random, 1 / Math.sqrt(in), out, in),
            Operand.parameter(random, 1, channels, 1, width),
            Operand.parameter(random, 1, channels),
            Operand.state(random, batch, width - 1, channels));
    ProjectedConvolution op = new ProjectedConvolution(new CausalConv1d(silu), first);
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands,
        (ops, of) -> {
          CausalConv1d.Result result =
              op.apply(ops, of.get(0), of.get(1), of.get(2), of.get(3), of.get(4));
          return List.of(result.y(), Objects.requireNonNull(result.tail()));
        });
  }
}
