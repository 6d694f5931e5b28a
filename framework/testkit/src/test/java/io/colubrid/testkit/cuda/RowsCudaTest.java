package io.colubrid.testkit.cuda;

import io.colubrid.spi.tensor.DType;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of tables, and what flows back into them: many to one row, few, and none. */
@Tag("cuda")
final class RowsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "7, 5000, 3",
    "256, 3000, 132",
    "3000, 2049, 64",
    "1100, 100, 768",
    "2, 4100, 128"
  })
  void rowsAreTakenAndGradientsAdded(int rows, int taken, int width) {
    Random random = new Random(rows * 31L + taken);
    // A tenth of them goes to one row.
    int[] indices =
        random.ints(taken, -1, rows).map(i -> random.nextInt(10) == 0 ? rows / 2 : i).toArray();
    List<Operand> operands =
        List.of(Operand.parameter(random, 1, rows, width), Operand.whole(indices, taken));
    CudaTrial.Function function = (ops, in) -> List.of(ops.gatherRows(in.get(0), in.get(1)));
    new CudaTrial(DType.F32, true, operands, function).agrees(gpu.backend(), 1e-4);
  }

  @Test
  void rowsOfStreamsAreAddedInF32AndRoundedOnce() {
    Random random = new Random(1);
    int[] indices = random.ints(90, -1, 7).toArray();
    List<Operand> operands =
        List.of(Operand.stream(random, 1, 7, 6), Operand.whole(indices, indices.length));
    CudaTrial.agreesInBoth(
        gpu.backend(), true, operands, (ops, in) -> List.of(ops.gatherRows(in.get(0), in.get(1))));
  }
}
