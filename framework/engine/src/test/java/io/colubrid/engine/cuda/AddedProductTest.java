package io.colubrid.engine.cuda;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.UnrunOp;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which products add to the stream and norm. Programs are bound to the host's memory. */
final class AddedProductTest {
  private static final int HOPPER = 90;
  private static final int ROWS = 16_390;
  private static final int WIDTH = 512;

  /** (stream, branch) → their norm in BF16 and their sum, by a body that nobody runs. */
  private record Added() implements UnrunOp {
    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      TensorType stream = requireNonNull(inputs.getFirst());
      return List.of(stream.withDtype(DType.BF16), stream);
    }

    @Override
    public boolean isRowNorm(List<@Nullable TensorType> inputs) {
      return true;
    }
  }

  /** What is there besides a product and its norm. */
  private enum Beside {
    NOTHING,
    ANOTHER_READER,
    SOMETHING_BETWEEN,
    A_BIAS,
    A_SUM_OVER_THE_ROWS
  }

  private boolean isServed(int capability, int rows, int depth, int width, Beside beside) {
    ModelParameter matrix = HostProgram.parameter("w", width, depth);
    ModelParameter bias = HostProgram.parameter("b", width);
    try (HostProgram host = new HostProgram(Precision.BF16, matrix, bias)) {
      Ops ops = host.ops();
      Tensor x = ops.exp(host.external(new TensorType(DType.BF16, Shape.of(rows, depth))));
      Tensor stream = host.external(TensorType.f32(rows, width));
      Tensor branch = beside == Beside.A_BIAS ? ops.linear(x, matrix, bias) : ops.linear(x, matrix);
      Tensor between = beside == Beside.SOMETHING_BETWEEN ? ops.exp(stream) : stream;
      List<Tensor> both = ops.apply(new Added(), stream, branch);
      CudaValues values =
          host.bound(both.get(0), both.get(1), beside == Beside.ANOTHER_READER ? branch : between);
      Map<Integer, AddedProduct> found =
          AddedProduct.of(
              capability,
              values,
              new Readers(values.program()),
              (node, index) ->
                  norm(values, node, beside == Beside.A_SUM_OVER_THE_ROWS ? (Value) x : null));
      assertThat(found.values().stream().distinct().count()).isLessThanOrEqualTo(1);
      assertThat(found.size()).isIn(0, 2);
      return !found.isEmpty();
    }
  }

  private static @Nullable RowNorm norm(CudaValues values, Node node, @Nullable Value sum) {
    if (!(node.operation() instanceof Operation.Custom)) {
      return null;
    }
    Value stream = node.input(0);
    return new RowNorm(
        false,
        values.address(stream),
        values.address(node.input(1)),
        true,
        0,
        values.address(sum == null ? node.outputs().get(1) : sum),
        true,
        1e-5f,
        stream.shape().rows(),
        stream.dim(-1));
  }

  @ParameterizedTest
  @CsvSource({
    "16390, 64, 512, true",
    "16384, 1000, 768, true",
    "20000, 8, 1024, true",
    "16383, 64, 512, false",
    "16390, 60, 512, false",
    "16390, 1536, 512, false",
    "16390, 64, 640, false",
    "16390, 64, 514, false"
  })
  void kernelsAreThereForSomeShapes(int rows, int depth, int width, boolean served) {
    assertThat(isServed(HOPPER, rows, depth, width, Beside.NOTHING)).isEqualTo(served);
  }

  @Test
  void onOtherGpusThereAreNone() {
    assertThat(isServed(80, ROWS, 64, WIDTH, Beside.NOTHING)).isFalse();
  }

  @Test
  void whatIsReadElsewhereIsMade() {
    assertThat(isServed(HOPPER, ROWS, 64, WIDTH, Beside.ANOTHER_READER)).isFalse();
  }

  @Test
  void theNormStandsRightBehind() {
    assertThat(isServed(HOPPER, ROWS, 64, WIDTH, Beside.SOMETHING_BETWEEN)).isFalse();
  }

  @Test
  void whatIsReadIsNotWrittenOver() {
    assertThat(isServed(HOPPER, ROWS, 64, WIDTH, Beside.A_SUM_OVER_THE_ROWS)).isFalse();
  }

  @Test
  void productsWithABiasStandAlone() {
    assertThat(isServed(HOPPER, ROWS, 64, WIDTH, Beside.A_BIAS)).isFalse();
  }
}
