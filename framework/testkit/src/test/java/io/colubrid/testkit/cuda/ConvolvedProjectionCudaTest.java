package io.colubrid.testkit.cuda;

import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.ConvolvedProjection;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A convolution and a product of it in one launch on a GPU give what both give. */
@Tag("cuda")
final class ConvolvedProjectionCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** Other widths, channels or parts than kernels take, at the end, are left to the definition. */
  @ParameterizedTest
  @CsvSource({
    "1, 33, 64, 4, 48, 16, 16, true, true",
    "1, 100, 96, 4, 48, 16, 16, true, true",
    "1, 97, 32, 4, 96, 16, 16, true, true",
    "2, 97, 72, 4, 8, 8, 24, true, true",
    "3, 2, 136, 4, 48, 16, 16, true, true",
    "1, 1, 40, 3, 8, 8, 8, true, true",
    "2, 131, 24, 3, 16, 8, 40, true, false",
    "1, 70, 200, 2, 8, 16, 32, false, true",
    "2, 61, 64, 4, 64, 32, 32, true, true",
    "1, 129, 328, 4, 96, 16, 16, false, false",
    "1, 35, 36, 4, 8, 8, 8, true, true",
    "1, 35, 40, 5, 8, 8, 8, true, true",
    "1, 35, 40, 4, 9, 8, 8, true, true",
    "1, 35, 40, 4, 128, 8, 8, true, true"
  })
  void aGpuAgreesWithTheCpu(
      int batch,
      int length,
      int channels,
      int width,
      long first,
      long second,
      long third,
      boolean carried,
      boolean biased) {
    List<Long> extents = List.of(first, second, third);
    List<Operand> operands = operands(batch, length, channels, width, extents, carried, biased);
    ConvolvedProjection op = new ConvolvedProjection(new CausalConv1d(true), extents);
    CudaTrial.Function function = (ops, of) -> results(op, ops, of, carried, biased);
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, function);
  }

  /** So many tiles that they are long ones. */
  @ParameterizedTest
  @CsvSource({
    "140, 3, 8, 4, 8, 8, 8",
    "135, 2, 16, 4, 96, 16, 8",
    "1, 16900, 8, 4, 8, 8, 8",
    "70, 257, 64, 4, 48, 16, 16",
    "67, 258, 72, 3, 96, 8, 8",
    "46, 300, 64, 3, 96, 16, 16"
  })
  void longTilesAgreeToo(
      int batch, int length, int channels, int width, long first, long second, long third) {
    aGpuAgreesWithTheCpu(batch, length, channels, width, first, second, third, true, true);
  }

  /** Elements that do not lie at multiples of 16 bytes are taken one by one. */
  @ParameterizedTest
  @CsvSource({"2, 67, 40, 4, 24, 8, 8", "1, 40, 136, 3, 48, 16, 16"})
  void partsOfATensorAgree(
      int batch, int length, int channels, int width, long first, long second, long third) {
    List<Long> extents = List.of(first, second, third);
    List<Operand> operands =
        new ArrayList<>(operands(batch, length, channels, width, extents, true, true));
    long elements = operands.getFirst().shape().elements();
    operands.set(0, Operand.roundedState(new Random(length), elements + 1));
    ConvolvedProjection op = new ConvolvedProjection(new CausalConv1d(true), extents);
    CudaTrial.agreesInBoth(
        gpu.backend(),
        false,
        operands,
        (ops, of) -> {
          List<Tensor> inputs = new ArrayList<>(of);
          Tensor behindOne = ops.slice(of.getFirst(), 0, 1, elements + 1);
          Tensor x = ops.reshape(behindOne, Shape.of(batch, length, channels));
          inputs.set(0, ops.cast(x, of.get(1).dtype()));
          return results(op, ops, inputs, true, true);
        });
  }

  private static List<Operand> operands(
      int batch,
      int length,
      int channels,
      int width,
      List<Long> extents,
      boolean carried,
      boolean biased) {
    Random random = new Random(length * 31L + channels);
    long out = extents.stream().mapToLong(Long::longValue).sum();
    List<Operand> operands = new ArrayList<>();
    operands.add(Operand.stream(random, 1, batch, length, channels));
    operands.add(Operand.stream(random, 1 / Math.sqrt(channels), out, channels));
    operands.add(Operand.parameter(random, 1, channels, 1, width));
    if (biased) {
      operands.add(Operand.parameter(random, 1, channels));
    }
    if (carried) {
      operands.add(Operand.state(random, batch, width - 1, channels));
    }
    return operands;
  }

  private static List<Tensor> results(
      ConvolvedProjection op, Ops ops, List<Tensor> of, boolean carried, boolean biased) {
    ConvolvedProjection.Result result =
        op.apply(
            ops,
            new ConvolvedProjection.Operands(
                of.get(0),
                of.get(2),
                biased ? of.get(3) : null,
                carried ? of.getLast() : null,
                of.get(1)));
    List<Tensor> all = new ArrayList<>(result.parts());
    all.addFirst(result.y());
    if (result.tail() != null) {
      all.add(result.tail());
    }
    return all;
  }
}
