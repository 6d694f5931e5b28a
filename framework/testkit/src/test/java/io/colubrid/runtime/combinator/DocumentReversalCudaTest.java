package io.colubrid.runtime.combinator;

import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.OpenGpu;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A GPU turns documents round as the CPU does. */
@Tag("cuda")
final class DocumentReversalCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({"1, 1, 3", "3, 31, 4", "2, 1025, 50", "2, 2500, 3000", "1, 3100, 900"})
  void aGpuAgreesWithTheCpu(int batch, int length, int longest) {
    Random random = new Random(length);
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int at = row * length;
      int end = at + length;
      for (int document = 0; at < end; document++) {
        int next = Math.min(end, at + 1 + random.nextInt(longest));
        Arrays.fill(segments, at, next, random.nextInt(5) == 0 ? -1 : document);
        at = next;
      }
    }
    new CudaTrial(
            DType.F32,
            false,
            List.of(Operand.whole(segments, batch, length)),
            (ops, in) -> ops.apply(new DocumentReversal(), in.getFirst()))
        .agrees(gpu.backend(), 0);
  }
}
