package io.colubrid.testkit.cuda;

import io.colubrid.nn.ProjectedScan;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
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

/** A step with its step sizes' product in it on a GPU gives what product and scan give. */
@Tag("cuda")
final class ProjectedScanCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1536, 16, 48, false",
    "1, 1, 33, 16, 3, false",
    "5, 1, 70, 16, 80, false",
    "2, 1, 9, 3, 1, true",
    "3, 1, 40, 50, 130, true",
    "64, 1, 96, 16, 48, false",
    "17, 1, 70, 16, 64, true",
    "21, 1, 33, 16, 4, false",
    "30, 1, 33, 16, 72, false",
    "2, 7, 40, 16, 12, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch, int length, int channels, int states, int rank, boolean packed) {
    Random random = new Random(channels * 31L + rank);
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, length, channels));
    operands.add(Operand.stream(random, 1, batch, length, rank));
    operands.add(Operand.parameter(random, 1, channels, states));
    operands.add(Operand.stream(random, 1, batch, length, states));
    operands.add(Operand.stream(random, 1, batch, length, states));
    operands.add(Operand.parameter(random, 1, channels));
    operands.add(Operand.stream(random, 1, batch, length, channels));
    operands.add(Operand.parameter(random, 1, channels));
    operands.add(Operand.stream(random, 1 / Math.sqrt(rank), channels, rank));
    operands.add(Operand.state(random, batch, channels, states));
    if (packed) {
      operands.add(Documents.of(random, batch, length));
    }
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, (ops, in) -> scan(ops, in, packed));
    operands.set(9, Operand.roundedState(random, batch, channels, states));
    new CudaTrial(DType.BF16, false, operands, (ops, in) -> scan(ops, in, packed))
        .agrees(gpu.backend(), 2e-2);
  }

  private static List<Tensor> scan(Ops ops, List<Tensor> in, boolean packed) {
    SelectiveScan.Operands operands =
        new SelectiveScan.Operands(
            in.get(0),
            in.get(1),
            in.get(2),
            in.get(3),
            in.get(4),
            in.get(5),
            in.get(6),
            in.get(7),
            in.get(9),
            packed ? in.getLast() : null);
    SelectiveScan.Result result =
        new ProjectedScan(new SelectiveScan(true)).apply(ops, operands, in.get(8));
    return List.of(result.y(), Objects.requireNonNull(result.state()));
  }
}
