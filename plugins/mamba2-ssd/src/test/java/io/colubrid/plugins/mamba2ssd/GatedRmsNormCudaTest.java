package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gated norm on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class GatedRmsNormCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, 1",
    "2, 37, 24, 3",
    "3, 5, 13, 1",
    "2, 300, 256, 2",
    "1, 600, 1536, 1",
    "1, 7, 2049, 1",
    "2, 3, 4096, 1",
    "1, 2, 8192, 1",
    "1, 2, 8200, 1",
    "2, 1, 2056, 1",
    "1, 1, 4104, 1"
  })
  void aGpuAgreesWithTheCpu(int batch, int length, int channels, int groups) {
    Random random = new Random(channels);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 2, batch, length, channels),
            Operand.stream(random, 4, batch, length, channels),
            Operand.parameter(random, 1, channels));
    GatedRmsNorm op = new GatedRmsNorm(groups, 1e-5);
    CudaTrial.Function function =
        (ops, in) -> List.of(op.apply(ops, in.get(0), in.get(1), in.get(2)));
    new CudaTrial(DType.F32, true, operands, function).agrees(gpu.backend(), 1e-4);
    if (channels <= 8192) {
      new CudaTrial(DType.BF16, true, operands, function).agrees(gpu.backend(), 2e-2);
    }
  }
}
