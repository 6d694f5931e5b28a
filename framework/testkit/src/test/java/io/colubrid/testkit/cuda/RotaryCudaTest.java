package io.colubrid.testkit.cuda;

import io.colubrid.nn.Rotary;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Turning by positions on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class RotaryCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "2, 37, 3, 64, false, false",
    "1, 1, 5, 128, false, true",
    "3, 19, 1, 6, true, false",
    "2, 23, 2, 30, true, true",
    "1, 7, 2, 512, true, true",
    "2, 700, 4, 16, false, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int heads, int width, boolean placed, boolean moved) {
    Random random = new Random(width * 31L + length);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, length, heads, width));
    // Far positions turn many times, and padding stands at −1.
    operands.add(
        Operand.whole(random.ints((long) batch * length, -1, 70_000).toArray(), batch, length));
    operands.add(Operand.whole(random.ints(batch, 0, 900_000).toArray(), batch));
    Rotary rotary = new Rotary(width, 10_000, Rotary.Scaling.none());
    CudaTrial.Function function =
        (ops, in) ->
            List.of(
                rotary.apply(ops, in.get(0), placed ? in.get(1) : null, moved ? in.get(2) : null));
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
  }
}
