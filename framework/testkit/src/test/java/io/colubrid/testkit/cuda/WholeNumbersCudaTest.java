package io.colubrid.testkit.cuda;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Operations of the vocabulary on whole numbers, and what leads to them and back. */
@Tag("cuda")
final class WholeNumbersCudaTest {
  private static final List<DType> OTHERS = List.of(DType.I32, DType.I64, DType.U8, DType.F32);

  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @EnumSource(names = {"I32", "I64", "U8"})
  void aGpuAgreesWithTheCpu(DType dtype) {
    Random random = new Random(9);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 9, 7, 5),
            Operand.whole(random.ints(35, 0, 10).toArray(), 7, 5),
            Operand.whole(new int[] {3, 0, 6, 3}, 4));
    CudaTrial.agreesInBoth(gpu.backend(), false, operands, (ops, in) -> results(ops, in, dtype));
  }

  private static List<Tensor> results(Ops ops, List<Tensor> in, DType dtype) {
    Tensor stream = in.get(0);
    Tensor positive = ops.binary(Binary.MAXIMUM, stream, ops.negate(stream));
    Tensor a = ops.cast(in.get(1), dtype);
    Tensor b = ops.cast(positive, dtype);
    List<Tensor> results = new ArrayList<>();
    results.add(ops.add(a, b));
    results.add(ops.affine(a, 3, 1));
    results.add(ops.where(ops.compare(Comparison.LESS, a, b), a, b));
    results.add(ops.sum(a, 0));
    results.add(ops.cumsum(a, 1));
    results.add(ops.add(ops.range(dtype, 5), ops.constant(dtype, Shape.of(7, 5), 2)));
    results.add(ops.gatherRows(a, in.get(2)));
    results.add(ops.permute(a, 1, 0));
    results.add(ops.cast(a, stream.dtype()));
    results.add(ops.add(ops.range(stream.dtype(), 5), stream));
    OTHERS.forEach(other -> results.add(ops.cast(a, other)));
    return results;
  }
}
