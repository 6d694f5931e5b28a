package io.colubrid.plugins.mamba2ssd;

import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A product of a gated norm on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class GatedProductCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** More than one row or group is left to the definition. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1536, 768, 1",
    "1, 1, 8, 3, 1",
    "1, 1, 37, 20, 1",
    "1, 1, 2056, 50, 1",
    "1, 1, 96, 50, 2",
    "2, 3, 40, 17, 1",
    "1, 1, 120, 17, 1"
  })
  void aGpuAgreesWithTheCpu(int batch, int length, int channels, int out, int groups) {
    Random random = new Random(channels);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 2, batch, length, channels),
            Operand.stream(random, 4, batch, length, channels),
            Operand.parameter(random, 1, channels),
            Operand.stream(random, 1, out, channels));
    GatedProduct op = new GatedProduct(new GatedRmsNorm(groups, 1e-5));
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands,
        (ops, in) -> List.of(op.apply(ops, in.get(0), in.get(1), in.get(2), in.get(3))));
  }
}
