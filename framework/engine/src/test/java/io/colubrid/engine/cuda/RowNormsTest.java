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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which norms of a row are no launch of their own. Programs are bound to the host's memory. */
final class RowNormsTest {
  private static final int WIDTH = 16;
  private static final TensorType ROW = TensorType.f32(1, WIDTH);
  private static final ModelParameter WEIGHT = HostProgram.parameter("w", 2 * WIDTH, WIDTH);
  private static final ModelParameter NARROW = HostProgram.parameter("n", WIDTH, WIDTH / 2);

  /** (stream) → (its norm in BF16, a sum of the stream and something). */
  private record Norm() implements UnrunOp {
    @Override
    public boolean isRowNorm(List<@Nullable TensorType> inputs) {
      return true;
    }

    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      TensorType stream = requireNonNull(inputs.getFirst());
      return List.of(stream.withDtype(DType.BF16), stream);
    }
  }

  /** (norm, state) → state, in place; norms the first input itself. */
  private record Reader() implements UnrunOp {
    @Override
    public int normedInput(List<@Nullable TensorType> inputs) {
      return 0;
    }

    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      return List.of(requireNonNull(inputs.get(1)));
    }

    @Override
    public int inPlaceOf(int output) {
      return 1;
    }
  }

  private final HostProgram host = new HostProgram(Precision.BF16, WEIGHT, NARROW);
  private final Ops ops = host.ops();
  private final Tensor x = host.external(ROW);
  private final Tensor state = host.external(ROW);

  @AfterEach
  void close() {
    host.close();
  }

  private static boolean isNorm(Node node) {
    return node.operation() instanceof Operation.Custom custom && custom.isRowNorm(node);
  }

  private static @Nullable RowNorm made(CudaValues values, Node node) {
    if (!isNorm(node)) {
      return null;
    }
    long stream = values.address(node.input(0));
    long sum = values.address(node.outputs().getLast());
    long rows = node.input(0).shape().rows();
    return new RowNorm(false, stream, 0, false, 0, sum, true, 1e-5f, rows, WIDTH);
  }

  /** Whether the one norm of a program is made by the node behind it. */
  private boolean isLeftOut(Tensor... outputs) {
    CudaValues values = host.bound(outputs);
    List<Node> nodes = values.program().nodes();
    RowNorms norms =
        new RowNorms(values, (node, index) -> made(values, node), new Readers(values.program()));
    int norm = IntStream.range(0, nodes.size()).filter(i -> isNorm(nodes.get(i))).sum();
    RowNorm of = norms.of(Node.behind(nodes, norm));
    assertThat(of).isEqualTo(norms.leavesOut(norm) ? made(values, nodes.get(norm)) : null);
    assertThat(IntStream.range(0, nodes.size()).filter(i -> i != norm)).noneMatch(norms::leavesOut);
    return norms.leavesOut(norm);
  }

  private Tensor product(Tensor row) {
    return ops.linear(row, WEIGHT);
  }

  @Test
  void theOnlyReaderMakesANorm() {
    Tensor y = ops.apply(new Norm(), x).getFirst();
    assertThat(isLeftOut(product(y))).isTrue();
  }

  @Test
  void viewsBetweenComputeNothing() {
    Tensor y = ops.reshape(ops.apply(new Norm(), x).getFirst(), Shape.of(1, 1, WIDTH));
    assertThat(isLeftOut(product(y))).isTrue();
  }

  @Test
  void oneOfTwoReadersDoesNot() {
    Tensor y = ops.apply(new Norm(), x).getFirst();
    assertThat(isLeftOut(product(y), product(y))).isFalse();
  }

  @Test
  void theEndOfTheProgramReadsToo() {
    Tensor y = ops.apply(new Norm(), x).getFirst();
    assertThat(isLeftOut(product(y), y)).isFalse();
  }

  @Test
  void aReaderFurtherBehindDoesNot() {
    Tensor y = ops.apply(new Norm(), x).getFirst();
    Tensor between = ops.exp(x);
    assertThat(isLeftOut(product(y), between)).isFalse();
  }

  @Test
  void aReaderOfAPartDoesNot() {
    Tensor part = ops.slice(ops.apply(new Norm(), x).getFirst(), 1, 0, WIDTH / 2);
    assertThat(isLeftOut(ops.linear(part, NARROW))).isFalse();
  }

  @Test
  void manyRowsAreNormedAlone() {
    TensorType rows = TensorType.f32(2, WIDTH);
    Tensor many = host.external(rows);
    assertThat(isLeftOut(product(ops.apply(new Norm(), many).getFirst()))).isFalse();
  }

  @Test
  void aBodyThatNormsItsInputMakesANorm() {
    Tensor y = ops.apply(new Norm(), x).getFirst();
    assertThat(isLeftOut(ops.apply(new Reader(), y, state).getFirst())).isTrue();
  }

  @Test
  void aBodyThatReadsTheSumDoesNot() {
    List<Tensor> both = ops.apply(new Norm(), x);
    assertThat(isLeftOut(ops.apply(new Reader(), both.getFirst(), both.getLast()).getFirst()))
        .isFalse();
  }

  /** All of its blocks read the stream, while the first already write. */
  @Test
  void aBodyThatWritesOverTheStreamDoesNot() {
    Tensor y = ops.apply(new Norm(), state).getFirst();
    assertThat(isLeftOut(ops.apply(new Reader(), y, state).getFirst())).isFalse();
  }

  /** While some blocks of the product write its result, others read the stream or write the sum. */
  @Test
  void whatTheNormReadsAndWritesStaysUntilTheProduct() {
    Tensor stream = ops.exp(x);
    List<Tensor> both = ops.apply(new Norm(), stream);
    Tensor result = product(both.getFirst());
    CudaValues values = host.bound(result);
    long written = values.address((Value) result);
    for (Tensor value : List.of(stream, both.getLast())) {
      long place = values.address((Value) value);
      assertThat(written)
          .satisfiesAnyOf(
              at -> assertThat(at).isGreaterThanOrEqualTo(place + value.type().bytes()),
              at -> assertThat(at + result.type().bytes()).isLessThanOrEqualTo(place));
    }
  }
}
