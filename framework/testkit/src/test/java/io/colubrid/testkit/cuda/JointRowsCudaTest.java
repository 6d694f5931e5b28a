package io.colubrid.testkit.cuda;

import io.colubrid.nn.AddNorm;
import io.colubrid.nn.CausalConv1d;
import io.colubrid.spi.layer.Parameter;
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

/** Products of some rows that do what stands beside them give what all of it alone gives. */
@Tag("cuda")
final class JointRowsCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  /** The second of three parts is convolved; other rows than 17 to 128 are not joined. */
  @ParameterizedTest
  @CsvSource({
    "64, 768, 1536, 1792, 24, 4, true, true",
    "64, 768, 0, 1536, 1536, 4, true, true",
    "17, 136, 40, 230, 3, 4, true, true",
    "65, 200, 16, 260, 36, 4, false, true",
    "100, 840, 12, 300, 24, 3, true, false",
    "128, 1600, 4, 1100, 52, 4, true, true",
    "33, 136, 7, 281, 30, 2, true, true",
    "128, 136, 1, 255, 4, 1, false, true",
    "17, 136, 464, 100, 464, 4, true, true",
    "31, 136, 8, 252, 12, 5, true, true",
    "16, 136, 8, 252, 12, 4, true, true",
    "129, 136, 8, 252, 12, 4, true, true",
    "20, 136, 8, 52, 12, 4, true, true",
    "18, 128, 8, 252, 12, 4, true, true"
  })
  void aConvolutionBehindAgreesWithTheCpu(
      int rows,
      int in,
      int before,
      int channels,
      int behind,
      int width,
      boolean bias,
      boolean silu) {
    Random random = new Random(rows * 31L + in + channels);
    TrialMatrix matrix =
        TrialMatrix.of(random, "matrix", 1 / Math.sqrt(in), before + channels + behind, in);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, rows, 1, in),
            Operand.parameter(random, 1, channels, 1, width),
            Operand.parameter(random, 1, channels),
            Operand.state(random, rows, width - 1, channels));
    CausalConv1d conv = new CausalConv1d(silu);
    CudaTrial.Function function =
        (ops, of) -> {
          List<Tensor> results =
              products(ops, of.getFirst(), matrix.parameter(), before, channels, behind);
          Tensor x = results.remove(before > 0 ? 1 : 0);
          CausalConv1d.Result result =
              conv.apply(ops, x, of.get(1), bias ? of.get(2) : null, of.get(3), null);
          results.add(result.y());
          results.add(Objects.requireNonNull(result.tail()));
          return results;
        };
    agrees(operands, List.of(matrix), function);
  }

  /** Products with neighbouring rows of a matrix, as layers ask for them. */
  private static List<Tensor> products(Ops ops, Tensor x, Parameter matrix, long... extents) {
    List<Tensor> products = new ArrayList<>();
    long from = 0;
    for (long extent : extents) {
      if (extent > 0) {
        products.add(ops.linear(x, matrix.rows(from, from + extent)));
      }
      from += extent;
    }
    return products;
  }

  /** A product that is then split; where it is read in one piece too, nothing is joined. */
  @ParameterizedTest
  @CsvSource({"64, 200, 40, 230, 3, false", "20, 136, 24, 300, 8, true"})
  void aConvolutionOfAPieceAgreesWithTheCpu(
      int rows, int in, int before, int channels, int behind, boolean read) {
    Random random = new Random(rows + in);
    int out = before + channels + behind;
    TrialMatrix matrix = TrialMatrix.of(random, "matrix", 1 / Math.sqrt(in), out, in);
    List<Operand> operands =
        List.of(
            Operand.stream(random, 1, rows, 1, in), Operand.parameter(random, 1, channels, 1, 4));
    CausalConv1d conv = new CausalConv1d(true);
    CudaTrial.Function function =
        (ops, of) -> {
          Tensor whole = ops.linear(of.getFirst(), matrix.parameter());
          List<Tensor> parts = ops.split(whole, 2, before, channels, behind);
          Tensor y = conv.apply(ops, parts.get(1), of.get(1), null, null, null).y();
          List<Tensor> results = new ArrayList<>(List.of(parts.get(0), y, parts.get(2)));
          if (read) {
            results.add(whole);
          }
          return results;
        };
    agrees(operands, List.of(matrix), function);
  }

  /** A norm that only products read; of more columns than 1024 or less than 257 it stands alone. */
  @ParameterizedTest
  @CsvSource({
    "64, 1536, 768, 3072, true, false",
    "17, 136, 264, 90, true, false",
    "65, 200, 304, 261, false, false",
    "100, 1672, 1000, 35, true, false",
    "128, 136, 264, 1100, true, false",
    "33, 840, 512, 300, true, false",
    "64, 136, 264, 300, true, true",
    "64, 136, 1032, 300, true, false",
    "64, 136, 96, 300, true, false",
    "16, 136, 264, 300, true, false",
    "70, 136, 266, 300, true, false",
    "64, 136, 264, 16500, true, false",
    "47, 136, 520, 17002, false, false"
  })
  void aNormBetweenAgreesWithTheCpu(
      int rows, int in, int width, int out, boolean weighted, boolean read) {
    Random random = new Random(rows + in + width + out);
    TrialMatrix front = TrialMatrix.of(random, "front", 2 / Math.sqrt(in), width, in);
    TrialMatrix matrix = TrialMatrix.of(random, "matrix", 1 / Math.sqrt(width), out, width);
    CudaTrial.Function function =
        (ops, of) -> {
          AddNorm.Result norm = norm(ops, of, front, weighted);
          List<Tensor> results =
              products(ops, norm.normed(), matrix.parameter(), out / 3, out - out / 3);
          results.add(norm.stream());
          if (read) {
            results.add(norm.normed());
          }
          return results;
        };
    agrees(normed(random, rows, in, width), List.of(front, matrix), function);
  }

  @ParameterizedTest
  @CsvSource({
    "64, 1536, 768, 1536, 1792, 24",
    "100, 200, 264, 8, 300, 4",
    "17, 840, 520, 3, 300, 2"
  })
  void aNormBetweenAndAConvolutionBehindAgreeWithTheCpu(
      int rows, int in, int width, int before, int channels, int behind) {
    Random random = new Random(rows + in);
    TrialMatrix front = TrialMatrix.of(random, "front", 2 / Math.sqrt(in), width, in);
    TrialMatrix matrix =
        TrialMatrix.of(random, "matrix", 1 / Math.sqrt(width), before + channels + behind, width);
    List<Operand> operands = new ArrayList<>(normed(random, rows, in, width));
    operands.add(Operand.parameter(random, 1, channels, 1, 4));
    operands.add(Operand.state(random, rows, 3, channels));
    CausalConv1d conv = new CausalConv1d(true);
    CudaTrial.Function function =
        (ops, of) -> {
          AddNorm.Result norm = norm(ops, of, front, true);
          List<Tensor> results =
              products(ops, norm.normed(), matrix.parameter(), before, channels, behind);
          CausalConv1d.Result result =
              conv.apply(ops, results.remove(1), of.get(3), null, of.get(4), null);
          results.add(result.y());
          results.add(Objects.requireNonNull(result.tail()));
          results.add(norm.stream());
          return results;
        };
    agrees(operands, List.of(front, matrix), function);
  }

  /** Rows, stream and weight of a norm. */
  private static List<Operand> normed(Random random, int rows, int in, int width) {
    return List.of(
        Operand.stream(random, 1, rows, 1, in),
        Operand.parameter(random, 3, rows, 1, width),
        Operand.parameter(random, 1, width));
  }

  private static AddNorm.Result norm(
      Ops ops, List<Tensor> of, TrialMatrix front, boolean weighted) {
    Tensor branch = ops.linear(of.get(0), front.parameter());
    return new AddNorm(false, 1e-5, ops.activation())
        .apply(ops, of.get(1), branch, weighted ? of.get(2) : null, null);
  }

  private static void agrees(
      List<Operand> operands, List<TrialMatrix> matrices, CudaTrial.Function function) {
    new CudaTrial(DType.BF16, false, operands, matrices, function).agrees(gpu.backend(), 2e-2);
  }
}
