package io.colubrid.testkit.cuda;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single elements and copies in vectors of 16 bytes, and where these do not fit. */
@Tag("cuda")
final class ElementsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 63, 4096, 70_001})
  void functionsOfElementsAgreeWithTheCpu(int count) {
    Random random = new Random(count);
    List<Operand> operands =
        List.of(Operand.stream(random, 2, count), Operand.stream(random, 2, count));
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      new CudaTrial(dtype, true, operands, (ops, in) -> functions(ops, in))
          .agrees(gpu.backend(), dtype == DType.F32 ? 1e-4 : 2e-2);
    }
  }

  private static List<Tensor> functions(Ops ops, List<Tensor> in) {
    Tensor product = ops.multiply(ops.silu(in.get(0)), in.get(1));
    Tensor sum = ops.add(ops.affine(product, 2, -1), ops.cast(in.get(0), product.dtype()));
    return List.of(ops.binary(Binary.MAXIMUM, sum, ops.unary(Unary.TANH, in.get(1))));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 8, 40})
  void partsAreCopiedWhereTheyBelong(int width) {
    Random random = new Random(width);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, 5, 6, width), Operand.stream(random, 1, 5, 6, 2L * width));
    CudaTrial.Function function =
        (ops, in) -> {
          List<Tensor> parts = ops.split(in.get(1), 2, width, width);
          Tensor joined = ops.concat(2, List.of(in.get(0), parts.get(1), parts.get(0)));
          Tensor turned = ops.permute(joined, 1, 0, 2);
          List<Tensor> all = new ArrayList<>();
          all.add(ops.slice(turned, 1, 1, 4));
          all.add(ops.broadcast(ops.slice(in.get(0), 1, 2, 3), Shape.of(5, 6, width)));
          return all;
        };
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
  }
}
