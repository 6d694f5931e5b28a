package io.colubrid.testkit.cuda;

import io.colubrid.nn.AddNorm;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Norms on a GPU, with and without a branch to add, give what they give on the CPU. */
@Tag("cuda")
final class NormCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 768, true, false",
    "1, 1, true, true",
    "7, 4, false, true",
    "1700, 64, true, false",
    "2001, 96, true, true",
    "33, 768, true, false",
    "900, 768, false, true",
    "5, 1536, true, true",
    "19, 2052, true, false",
    "3, 4096, true, true",
    "3, 6148, true, true",
    "803, 37, true, true",
    "803, 130, false, false",
    "2, 1536, true, false",
    "2, 1537, true, true",
    "1, 3000, true, false",
    "1, 3001, false, true",
    "1, 3004, true, true"
  })
  void aBranchIsAddedAndTheSumNormalized(int rows, int width, boolean added, boolean centred) {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      Random random = new Random(31L * rows + width);
      List<Operand> operands = new ArrayList<>();
      operands.add(Operand.parameter(random, 1, rows, width));
      operands.add(Operand.parameter(random, 1, width));
      operands.add(Operand.parameter(random, 1, width));
      if (added) {
        operands.add(Operand.stream(random, 2, rows, width));
      }
      CudaTrial.Function function =
          (ops, in) -> normed(ops, in, added ? in.get(3) : null, centred, dtype);
      double tolerance = dtype == DType.F32 ? 1e-4 : 2e-2;
      new CudaTrial(dtype, true, operands, function).agrees(gpu.backend(), tolerance);
    }
  }

  /** The GPU gets what the branch has; the CPU always computes in F32. */
  private static List<Tensor> normed(
      Ops ops, List<Tensor> in, Tensor branch, boolean centred, DType dtype) {
    boolean half = branch == null ? false : branch.dtype() == DType.BF16;
    AddNorm norm = new AddNorm(centred, 1e-3, half ? dtype : DType.F32);
    AddNorm.Result result =
        norm.apply(ops, in.get(0), branch, in.get(1), centred ? in.get(2) : null);
    Tensor y = ops.cast(result.normed(), DType.F32);
    // Both outputs are used, so that both send gradients back.
    return List.of(ops.add(y, ops.unary(Unary.SIN, result.stream())), y);
  }

  @ParameterizedTest
  @CsvSource({"1, 768", "900, 768", "257, 100", "11, 1536", "70, 33"})
  void normsOfTheVocabularyTakeBothTypes(int rows, int width) {
    Random random = new Random(rows * 7L + width);
    List<Operand> operands = List.of(Operand.stream(random, 2, rows, width));
    CudaTrial.Function rms = (ops, in) -> List.of(ops.rmsNorm(in.get(0), null, 1e-5));
    CudaTrial.Function layer = (ops, in) -> List.of(ops.layerNorm(in.get(0), null, null, 1e-5));
    for (CudaTrial.Function function : List.of(rms, layer)) {
      CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
    }
  }
}
