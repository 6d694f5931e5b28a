package io.colubrid.testkit.cuda;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations of the vocabulary on BF16, and on BF16 beside F32. */
@Tag("cuda")
final class HalfOperationsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  static Stream<Arguments> operations() {
    return Stream.of(
        arguments("silu", of((ops, in) -> List.of(ops.silu(in.get(0))))),
        arguments("softplus", of((ops, in) -> List.of(ops.unary(Unary.SOFTPLUS, in.get(0))))),
        arguments(
            "product of elements", of((ops, in) -> List.of(ops.multiply(in.get(0), in.get(1))))),
        arguments("beside f32", of((ops, in) -> List.of(ops.multiply(in.get(0), in.get(2))))),
        arguments("f32 beside", of((ops, in) -> List.of(ops.add(in.get(2), in.get(0))))),
        arguments("affine", of((ops, in) -> List.of(ops.affine(in.get(0), 2, -1)))),
        arguments("softmax", of((ops, in) -> List.of(ops.softmax(in.get(0))))),
        arguments("rms norm", of((ops, in) -> List.of(ops.rmsNorm(in.get(0), null, 1e-5)))),
        arguments(
            "layer norm", of((ops, in) -> List.of(ops.layerNorm(in.get(0), null, null, 1e-5)))),
        arguments(
            "dropout",
            of(
                (ops, in) ->
                    List.of(
                        ops.dropout(
                            in.get(0), 0.3, Shape.of(129, 1), RandomStream.named("noise"))))),
        arguments("max of rows", of((ops, in) -> List.of(ops.max(in.get(0), 1)))),
        arguments("max of columns", of((ops, in) -> List.of(ops.max(in.get(0), 0)))),
        arguments("sum of rows", of((ops, in) -> List.of(ops.sum(in.get(0), 1)))),
        arguments("sum of columns", of((ops, in) -> List.of(ops.sum(in.get(0), 0)))),
        arguments(
            "matmul", of((ops, in) -> List.of(ops.matmul(in.get(0), false, in.get(1), true)))),
        arguments(
            "matmul beside f32",
            of((ops, in) -> List.of(ops.matmul(in.get(0), false, in.get(2), true)))),
        arguments(
            "where",
            of(
                (ops, in) ->
                    List.of(
                        ops.where(
                            ops.compare(Comparison.LESS, in.get(0), in.get(2)),
                            in.get(1),
                            in.get(2))))),
        arguments(
            "concat beside f32",
            of((ops, in) -> List.of(ops.concat(1, List.of(in.get(0), in.get(2)))))),
        arguments("split", of((ops, in) -> ops.split(in.get(0), 1, 7, 30))),
        arguments("permute", of((ops, in) -> List.of(ops.permute(in.get(0), 1, 0)))),
        arguments("flip", of((ops, in) -> List.of(ops.flip(in.get(0), 0)))));
  }

  private static CudaTrial.Function of(CudaTrial.Function function) {
    return function;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void aGpuAgreesWithTheCpu(String name, CudaTrial.Function function) {
    Random random = new Random(name.hashCode());
    List<Operand> operands =
        List.of(
            Operand.stream(random, 2, 129, 37),
            Operand.stream(random, 2, 129, 37),
            Operand.parameter(random, 2, 129, 37));
    new CudaTrial(DType.BF16, true, operands, function).agrees(gpu.backend(), 1e-2);
  }
}
