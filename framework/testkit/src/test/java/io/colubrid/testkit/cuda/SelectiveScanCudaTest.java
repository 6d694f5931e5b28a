package io.colubrid.testkit.cuda;

import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import io.colubrid.testkit.cuda.CudaTrial.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The scan on a GPU gives what it gives on the CPU. */
@Tag("cuda")
final class SelectiveScanCudaTest {
  private static final int B = 3;
  private static final int BIAS = 7;

  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "2, 1, 16, 16, false, false, false",
    "2, 63, 40, 16, false, false, false",
    "1, 100, 17, 16, true, false, false",
    "2, 257, 33, 16, false, true, false",
    "2, 257, 33, 16, true, true, false",
    "2, 130, 33, 16, false, false, true",
    "2, 130, 33, 5, false, true, true",
    "1, 100, 70, 1, false, false, true",
    "1, 100, 70, 2, true, false, false",
    "1, 100, 70, 4, true, false, false",
    "1, 65, 9, 32, true, true, false",
    "1, 65, 9, 50, true, false, false",
    "3, 1, 70, 16, true, false, false",
    "2, 1, 9, 3, true, true, false",
    "1, 700, 24, 16, true, false, false",
    "1, 611, 35, 16, true, true, false",
    "1, 541, 33, 16, false, true, true",
    "2, 389, 40, 20, true, true, false",
    "1, 300, 3, 16, true, false, false",
    "1, 300, 3, 2, false, true, true",
    "1, 270, 2, 17, true, false, false",
    "1, 1, 3, 50, true, false, false"
  })
  void aGpuAgreesWithTheCpu(
      int batch,
      int length,
      int channels,
      int states,
      boolean carried,
      boolean packed,
      boolean reversed) {
    Random random = new Random(length * 31L + channels);
    List<Operand> operands = new ArrayList<>(streams(random, batch, length, channels, states));
    agrees(new SelectiveScan(true, reversed), random, operands, carried, packed);
  }

  /** Steps are so short that states come through hundreds of them, into chunks behind. */
  @ParameterizedTest
  @CsvSource({
    "1, 1200, 40, 16, false, false",
    "1, 1511, 33, 16, true, false",
    "2, 901, 70, 5, true, false",
    "1, 1111, 40, 16, true, true"
  })
  void statesThatLastAgree(
      int batch, int length, int channels, int states, boolean carried, boolean packed) {
    Random random = new Random(length * 31L + channels);
    List<Operand> operands = new ArrayList<>(streams(random, batch, length, channels, states));
    double[] low = random.doubles(channels, -8, -2).toArray();
    operands.set(BIAS, new Operand(Role.PARAMETER, Shape.of(channels), low));
    agrees(new SelectiveScan(true), random, operands, carried, packed);
  }

  /** So many channels that chunks are long, and short series tell what their first tiles give. */
  @ParameterizedTest
  @CsvSource({"769, 8448, 16", "833, 8300, 7"})
  void longChunksAgree(int length, int channels, int states) {
    Random random = new Random(length * 31L + channels);
    List<Operand> operands = new ArrayList<>(streams(random, 1, length, channels, states));
    double[] low = random.doubles(channels, -8, -2).toArray();
    operands.set(BIAS, new Operand(Role.PARAMETER, Shape.of(channels), low));
    operands.add(Operand.state(random, 1, channels, states));
    CudaTrial.Function function = (ops, in) -> scan(new SelectiveScan(true), ops, in, true, false);
    new CudaTrial(DType.BF16, false, operands, function).agrees(gpu.backend(), 2e-2);
  }

  @Test
  void aChannelThatForgetsAtOnceLeavesOthersAlone() {
    int channels = 9;
    Random random = new Random(channels);
    List<Operand> operands = new ArrayList<>(streams(random, 1, 700, channels, 16));
    double[] low = random.doubles(channels, -8, -2).toArray();
    low[4] = 2000;
    operands.set(BIAS, new Operand(Role.PARAMETER, Shape.of(channels), low));
    agrees(new SelectiveScan(true), random, operands, true, false);
  }

  private static void agrees(
      SelectiveScan scan, Random random, List<Operand> operands, boolean carried, boolean packed) {
    Shape b = operands.get(B).shape();
    if (carried) {
      long channels = operands.get(BIAS).shape().dim(0);
      operands.add(Operand.state(random, b.dim(0), channels, b.dim(2)));
    }
    if (packed) {
      operands.add(Documents.of(random, Math.toIntExact(b.dim(0)), Math.toIntExact(b.dim(1))));
    }
    CudaTrial.Function function = (ops, in) -> scan(scan, ops, in, carried, packed);
    for (boolean gradients : new boolean[] {false, true}) {
      CudaTrial.agreesInBoth(gpu.backend(), gradients, operands, function);
    }
  }

  /** A state of BF16 is rounded once, behind the last step. */
  @ParameterizedTest
  @CsvSource({"64, 1, 40, 16", "3, 1, 70, 16", "2, 1, 9, 3", "2, 1, 33, 64", "2, 6, 33, 16"})
  void aRoundedStateAgreesWithTheCpu(int batch, int length, int channels, int states) {
    Random random = new Random(batch * 31L + channels);
    List<Operand> operands = new ArrayList<>(streams(random, batch, length, channels, states));
    operands.add(Operand.roundedState(random, batch, channels, states));
    SelectiveScan scan = new SelectiveScan(true);
    CudaTrial.Function function = (ops, in) -> scan(scan, ops, in, true, false);
    new CudaTrial(DType.F32, false, operands, function).agrees(gpu.backend(), 1e-3);
    new CudaTrial(DType.BF16, false, operands, function).agrees(gpu.backend(), 2e-2);
  }

  private static List<Operand> streams(
      Random random, int batch, int length, int channels, int states) {
    return List.of(
        Operand.stream(random, 1, batch, length, channels),
        Operand.stream(random, 1, batch, length, channels),
        Operand.parameter(random, 1, channels, states),
        Operand.stream(random, 1, batch, length, states),
        Operand.stream(random, 1, batch, length, states),
        Operand.parameter(random, 1, channels),
        Operand.stream(random, 1, batch, length, channels),
        Operand.parameter(random, 1, channels));
  }

  private static List<Tensor> scan(
      SelectiveScan scan, Ops ops, List<Tensor> in, boolean carried, boolean packed) {
    SelectiveScan.Result result =
        scan.apply(
            ops,
            new SelectiveScan.Operands(
                in.get(0),
                in.get(1),
                in.get(2),
                in.get(3),
                in.get(4),
                in.get(5),
                in.get(6),
                in.get(7),
                carried ? in.get(8) : null,
                packed ? in.getLast() : null));
    Tensor state = result.state();
    return state == null ? List.of(result.y()) : List.of(result.y(), state);
  }
}
