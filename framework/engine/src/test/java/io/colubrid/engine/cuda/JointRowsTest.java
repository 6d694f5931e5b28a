package io.colubrid.engine.cuda;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.UnrunOp;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.ConvolutionStep;
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

/** What a launch of products of some rows does besides. Programs are bound to the host's memory. */
final class JointRowsTest {
  private static final int HOPPER = 90;
  private static final int ROWS = 20;
  private static final int WIDTH = 320;
  private static final int CHANNELS = 288;
  private static final int SUMS = 10;
  private static final TensorType FRONT_ROWS = new TensorType(DType.BF16, Shape.of(ROWS, 192));
  private static final ModelParameter WEIGHT = HostProgram.parameter("w", CHANNELS + 16, WIDTH);
  private static final ModelParameter SMALL = HostProgram.parameter("s", CHANNELS - 48, WIDTH);
  private static final ModelParameter FRONT = HostProgram.parameter("f", WIDTH, 192);
  private static final ModelParameter NARROW = HostProgram.parameter("n", WIDTH, 64);
  private static final ModelParameter WIDE = HostProgram.parameter("m", 10_248, WIDTH);

  /** What an operation may do together with products. */
  private enum Kind {
    NORM,
    STEP,
    GATE
  }

  /** (x, perhaps a branch) → x in BF16, and with a branch x, by a body that nobody runs. */
  private record Alone(Kind kind) implements UnrunOp {
    @Override
    public boolean isConvolutionStep(List<@Nullable TensorType> inputs) {
      return kind == Kind.STEP;
    }

    @Override
    public boolean isRowNorm(List<@Nullable TensorType> inputs) {
      return kind == Kind.NORM;
    }

    @Override
    public boolean gatesRows(List<@Nullable TensorType> inputs) {
      return kind == Kind.GATE;
    }

    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      TensorType x = requireNonNull(inputs.getFirst());
      TensorType y = x.withDtype(DType.BF16);
      return inputs.size() < 2 ? List.of(y) : List.of(y, x);
    }

    static boolean is(Node node, Kind kind) {
      return node.operation() instanceof Operation.Custom custom
          && custom.op() instanceof Alone alone
          && alone.kind() == kind;
    }
  }

  private final HostProgram host =
      new HostProgram(Precision.BF16, WEIGHT, SMALL, FRONT, NARROW, WIDE);
  private final Ops ops = host.ops();
  private final Tensor stream = host.external(TensorType.f32(ROWS, WIDTH));

  @AfterEach
  void close() {
    host.close();
  }

  private Tensor norm() {
    return ops.apply(new Alone(Kind.NORM), stream).getFirst();
  }

  private Tensor step(Tensor x) {
    return ops.apply(new Alone(Kind.STEP), x).getFirst();
  }

  /** Products with the first rows of a matrix and with the others. */
  private List<Tensor> products(Tensor x) {
    return List.of(
        ops.linear(x, WEIGHT.rows(0, CHANNELS)),
        ops.linear(x, WEIGHT.rows(CHANNELS, CHANNELS + 16)));
  }

  private static @Nullable ConvolutionStep step(CudaValues values, Node node) {
    return Alone.is(node, Kind.STEP)
        ? new ConvolutionStep(0, 0, 0, values.address(node.output()), ROWS, CHANNELS, 4, true)
        : null;
  }

  private static JointRows rows(int capability, CudaValues values) {
    Readers readers = new Readers(values.program());
    return new JointRows(
        capability,
        values,
        readers,
        (node, index) -> step(values, node),
        (node, index) -> norm(values, node),
        (node, index) -> Alone.is(node, Kind.GATE) ? SUMS : 0);
  }

  private static int node(CudaValues values, Kind kind) {
    List<Node> nodes = values.program().nodes();
    return IntStream.range(0, nodes.size())
        .filter(i -> Alone.is(nodes.get(i), kind))
        .findFirst()
        .orElseThrow();
  }

  private boolean isStepJoined(Tensor... outputs) {
    CudaValues values = host.bound(outputs);
    return rows(HOPPER, values).takes(node(values, Kind.STEP));
  }

  private static @Nullable RowNorm norm(CudaValues values, Node node) {
    if (!Alone.is(node, Kind.NORM)) {
      return null;
    }
    long branch = node.inputs().size() < 2 ? 0 : values.address(node.input(1));
    long sum = node.outputs().size() < 2 ? 0 : values.address(node.outputs().get(1));
    long stream = values.address(node.input(0));
    boolean gated = node.input(0).dtype() == DType.BF16;
    return new RowNorm(gated, stream, branch, true, 0, sum, true, 1e-5f, ROWS, WIDTH);
  }

  private boolean isNormJoined(Tensor... outputs) {
    CudaValues values = host.bound(outputs);
    int node = node(values, Kind.NORM);
    JointRows rows = rows(HOPPER, values);
    if (!rows.takes(node)) {
      return false;
    }
    ProductGroup behind = rows.group(Node.behind(values.program().nodes(), node));
    assertThat(rows.normed(rows.group(node))).isNotNull().isEqualTo(rows.scaled(behind));
    return true;
  }

  @Test
  void aStepBehindIsDoneByTheProducts() {
    List<Tensor> products = products(norm());
    CudaValues values = host.bound(step(products.getFirst()), products.getLast());
    JointRows rows = rows(HOPPER, values);
    ConvolvedPart part = requireNonNull(rows.convolved(rows.group(node(values, Kind.STEP))));
    assertThat(part.part()).isZero();
    assertThat(part.node()).isEqualTo(node(values, Kind.STEP));
  }

  @Test
  void onOtherGpusNothingIsJoined() {
    CudaValues values = host.bound(step(products(norm()).getFirst()));
    assertThat(IntStream.range(0, values.program().nodes().size()))
        .noneMatch(rows(80, values)::takes);
  }

  @Test
  void aPartThatIsReadElsewhereIsNotConvolved() {
    List<Tensor> products = products(norm());
    assertThat(isStepJoined(step(products.getFirst()), products.getFirst())).isFalse();
  }

  @Test
  void aStepFurtherBehindIsNotJoined() {
    List<Tensor> products = products(norm());
    Tensor between = ops.exp(stream);
    assertThat(isStepJoined(step(products.getFirst()), between)).isFalse();
  }

  @Test
  void aStepOfTheSplitResultIsJoinedUnlessAllOfThatIsRead() {
    Tensor whole = ops.linear(norm(), WEIGHT);
    List<Tensor> parts = ops.split(whole, 1, CHANNELS, 16);
    Tensor y = step(parts.getFirst());
    assertThat(isStepJoined(y, parts.getLast())).isTrue();
    assertThat(isStepJoined(y, parts.getLast(), whole)).isFalse();
  }

  /** The place of a part that nobody reads is free for the step, whose products still write it. */
  @Test
  void aStepThatLiesOverAnotherPartIsNotJoined() {
    Tensor whole = ops.linear(norm(), WEIGHT);
    assertThat(isStepJoined(step(ops.split(whole, 1, CHANNELS, 16).getFirst()))).isFalse();
  }

  @Test
  void smallProductsDoOnlyThemselves() {
    assertThat(isStepJoined(step(ops.linear(norm(), SMALL)))).isFalse();
    List<Tensor> both = added(ops.linear(ops.slice(host.external(FRONT_ROWS), 1, 0, 64), NARROW));
    assertThat(isNormJoined(products(both.get(0)).getFirst(), both.get(1))).isFalse();
  }

  /** The norm of the stream and a branch. */
  private List<Tensor> added(Tensor branch) {
    return ops.apply(new Alone(Kind.NORM), stream, branch);
  }

  @Test
  void aNormThatOnlyProductsReadIsMadeByTheProductInFront() {
    List<Tensor> both = added(ops.linear(host.external(FRONT_ROWS), FRONT));
    List<Tensor> products = products(both.get(0));
    Tensor step = step(products.get(0));
    assertThat(isNormJoined(step, products.get(1), both.get(1))).isTrue();
    assertThat(isNormJoined(step, products.get(1), both.get(0))).isFalse();
  }

  @Test
  void aNormInFrontOfManyColumnsIsMadeByTheProductInFront() {
    List<Tensor> both = added(ops.linear(host.external(FRONT_ROWS), FRONT));
    assertThat(isNormJoined(ops.linear(both.get(0), WIDE), both.get(1))).isTrue();
  }

  @Test
  void manyColumnsOfMoreRowsThanATileHasAreNotServed() {
    for (long rows : List.of(64L, 65L)) {
      CudaValues values =
          host.bound(
              ops.linear(host.external(new TensorType(DType.BF16, Shape.of(rows, WIDTH))), WIDE));
      boolean served =
          IntStream.range(0, values.program().nodes().size()).anyMatch(rows(HOPPER, values)::takes);
      assertThat(served).isEqualTo(rows == 64);
    }
  }

  @Test
  void aNormOfABranchThatIsReadElsewhereStandsAlone() {
    Tensor branch = ops.linear(host.external(FRONT_ROWS), FRONT);
    List<Tensor> both = added(branch);
    assertThat(isNormJoined(products(both.get(0)).getFirst(), branch)).isFalse();
  }

  private boolean isGated(Tensor... outputs) {
    CudaValues values = host.bound(outputs);
    JointRows rows = rows(HOPPER, values);
    int gate = node(values, Kind.GATE);
    assertThat(rows.takes(node(values, Kind.NORM))).isEqualTo(rows.gated(gate) != null);
    return rows.gated(gate) != null;
  }

  @Test
  void rowsAreGatedWhereOnlyANormReadsThemAndOnlyProductsThat() {
    Tensor rows = ops.apply(new Alone(Kind.GATE), stream).getFirst();
    Tensor y = ops.apply(new Alone(Kind.NORM), rows).getFirst();
    Tensor product = products(y).getFirst();
    assertThat(isGated(product)).isTrue();
    assertThat(isGated(product, rows)).isFalse();
    assertThat(isGated(product, y)).isFalse();
  }

  @Test
  void aNormOfAnotherKindIsNotGated() {
    Tensor rows = ops.apply(new Alone(Kind.GATE), stream).getFirst();
    Tensor y = added(rows).getFirst();
    assertThat(isGated(products(y).getFirst())).isFalse();
  }

  /** While some blocks write results, others still read. */
  @Test
  void whatIsReadStaysUntilTheLastOfALaunch() {
    Tensor x = ops.exp(host.external(FRONT_ROWS));
    Tensor branch = ops.linear(x, FRONT);
    List<Tensor> both = added(branch);
    List<Tensor> products = products(both.get(0));
    Tensor step = step(products.get(0));
    CudaValues values = host.bound(step, products.get(1));
    both.forEach(written -> assertThat(areClear(values, written, x)).isTrue());
    for (Tensor read : List.of(branch, both.get(0))) {
      assertThat(areClear(values, step, read)).isTrue();
      assertThat(areClear(values, products.get(1), read)).isTrue();
    }
  }

  @Test
  void whatIsGatedStaysUntilItsNorm() {
    Tensor x = ops.exp(stream);
    Tensor y =
        ops.apply(new Alone(Kind.NORM), ops.apply(new Alone(Kind.GATE), x).getFirst()).getFirst();
    Tensor product = products(y).getFirst();
    CudaValues values = host.bound(product);
    assertThat(areClear(values, y, x)).isTrue();
  }

  private static boolean areClear(CudaValues values, Tensor written, Tensor read) {
    long from = values.address((Value) written);
    long place = values.address((Value) read);
    return from >= place + read.type().bytes() || from + written.type().bytes() <= place;
  }
}
