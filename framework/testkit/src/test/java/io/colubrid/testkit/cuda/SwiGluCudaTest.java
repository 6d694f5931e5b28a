package io.colubrid.testkit.cuda;

import io.colubrid.nn.SwiGlu;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SiLU(gate)·up on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class SwiGluCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 7", "5, 16", "17, 129", "64, 1024"})
  void aGpuAgreesWithTheCpu(int rows, int width) {
    Random random = new Random(width);
    List<Operand> operands =
        List.of(Operand.stream(random, 20, rows, width), Operand.stream(random, 2, rows, width));
    CudaTrial.Function function =
        (ops, in) -> List.of(new SwiGlu().apply(ops, in.get(0), in.get(1)));
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
  }
}
