package io.colubrid.runtime.builtin;

import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A GPU descends as the CPU does. */
@Tag("cuda")
final class SgdCudaTest {
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
  @CsvSource({"1, 1", "257, 1", "1030, 1", "70000, 1", "300, 0"})
  void aGpuAgreesWithTheCpu(int elements, int proceed) {
    Random random = new Random(elements);
    Operand control =
        new Operand(CudaTrial.Role.STATE, Shape.of(4), new double[] {0.1, 3, 0.7, proceed});
    new CudaTrial(
            DType.F32,
            false,
            List.of(
                Operand.state(random, elements),
                Operand.state(random, elements),
                Operand.state(random, elements),
                control),
            (ops, in) -> ops.apply(new SgdStep(0.9, 0.01), in.toArray(Tensor[]::new)))
        .agrees(cuda, 1e-6);
  }
}
