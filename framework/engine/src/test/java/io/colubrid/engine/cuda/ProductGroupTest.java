package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which products of a program are one launch. The program is bound to the host's memory. */
final class ProductGroupTest {
  private static final int MOST = 4;
  private static final TensorType TYPE = TensorType.f32(2, 3, 16);
  private static final ModelParameter WEIGHT = HostProgram.parameter("w", 48, 16);
  private static final ModelParameter BIAS = HostProgram.parameter("b", 48);

  private final HostProgram host = new HostProgram(Precision.F32, WEIGHT, BIAS);
  private final Ops ops = host.ops();
  private final Tensor x = host.external(TYPE);

  @AfterEach
  void close() {
    host.close();
  }

  private static boolean isProduct(Node node) {
    return node.operation() instanceof Operation.MatMul;
  }

  /** How many products there are in the launch of each product. */
  private List<Integer> sizes(Tensor... outputs) {
    CudaValues values = host.bound(List.of(outputs));
    Map<Integer, ProductGroup> groups = ProductGroup.of(values, node -> true, MOST);
    List<Node> nodes = values.program().nodes();
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (isProduct(nodes.get(i))) {
        ProductGroup group = groups.get(i);
        assertThat(group.products().getFirst()).isSameAs(nodes.get(group.first()));
        assertThat(group.products()).contains(nodes.get(i));
        sizes.add(group.products().size());
      }
    }
    return sizes;
  }

  private Tensor product(Tensor of, int from, int to) {
    return ops.linear(of, WEIGHT.rows(from, to));
  }

  @Test
  void neighboursOfTheSameRowsAreOne() {
    assertThat(sizes(product(x, 0, 8), product(x, 8, 24), product(x, 24, 48)))
        .containsExactly(3, 3, 3);
  }

  @Test
  void matricesApartAreNot() {
    assertThat(sizes(product(x, 0, 8), product(x, 16, 24), product(x, 8, 16)))
        .containsExactly(1, 1, 1);
  }

  @Test
  void otherRowsAreNot() {
    Tensor other = ops.exp(x);
    assertThat(sizes(product(x, 0, 8), product(other, 8, 16))).containsExactly(1, 1);
  }

  @Test
  void whatRunsBetweenKeepsThemApart() {
    Tensor first = product(x, 0, 8);
    Tensor between = ops.exp(first);
    assertThat(sizes(between, product(x, 8, 16))).containsExactly(1, 1);
  }

  @Test
  void aLaunchHasNoMorePartsThanItCan() {
    List<Tensor> all = IntStream.range(0, 6).mapToObj(i -> product(x, 8 * i, 8 * (i + 1))).toList();
    assertThat(sizes(all.toArray(Tensor[]::new))).containsExactly(4, 4, 4, 4, 2, 2);
  }

  @Test
  void biasesAreNeighboursToo() {
    Parameter left = WEIGHT.rows(0, 8);
    Parameter right = WEIGHT.rows(8, 16);
    Tensor begin = ops.linear(x, left, BIAS.rows(0, 8));
    assertThat(sizes(begin, ops.linear(x, right, BIAS.rows(8, 16)))).containsExactly(2, 2);
  }

  @Test
  void biasesApartAreNot() {
    Parameter right = WEIGHT.rows(8, 16);
    Tensor begin = ops.linear(x, WEIGHT.rows(0, 8), BIAS.rows(0, 8));
    assertThat(sizes(begin, ops.linear(x, right, BIAS.rows(16, 24)))).containsExactly(1, 1);
    assertThat(sizes(begin, product(x, 8, 16))).containsExactly(1, 1);
  }

  /** The place of one may be another's before the last of the products reads it. */
  @Test
  void temporariesAreNotThoughTheyLieTogether() {
    Tensor rows = ops.reshape(x, Shape.of(6, 16));
    Tensor left = ops.exp(ops.value(WEIGHT.rows(0, 16)));
    Tensor right = ops.exp(ops.value(WEIGHT.rows(16, 32)));
    Tensor first = ops.matmul(rows, false, left, true);
    Tensor second = ops.matmul(rows, false, right, true);
    CudaValues values = host.bound(List.of(first, second));
    assertThat(values.address((Value) left) + left.type().bytes())
        .isEqualTo(values.address((Value) right));
    assertThat(sizes(first, second)).containsExactly(1, 1);
  }

  /** Whether the product in a program is one of BF16 rows with one matrix [out, in]. */
  private boolean isOfHalves(DType left, DType right, boolean transposed, long... matrix) {
    long[] extents = matrix.length == 2 ? new long[] {6, 16} : new long[] {1, 6, 16};
    Tensor rows = host.external(new TensorType(left, Shape.of(extents)));
    Tensor weight = host.external(new TensorType(right, Shape.of(matrix)));
    Node node = host.bound(ops.matmul(rows, false, weight, transposed)).program().nodes().getLast();
    assertThat(isProduct(node)).isTrue();
    return ProductGroup.isOfHalves(node);
  }

  @Test
  void halvesAreToldFromOtherProducts() {
    assertThat(isOfHalves(DType.BF16, DType.BF16, true, 16, 16)).isTrue();
    assertThat(isOfHalves(DType.BF16, DType.BF16, false, 16, 16)).isFalse();
    assertThat(isOfHalves(DType.F32, DType.F32, true, 16, 16)).isFalse();
    assertThat(isOfHalves(DType.F32, DType.BF16, true, 16, 16)).isFalse();
    assertThat(isOfHalves(DType.BF16, DType.F32, true, 16, 16)).isFalse();
    assertThat(isOfHalves(DType.BF16, DType.BF16, true, 1, 16, 16)).isFalse();
  }

  @Test
  void whatIsNotServedIsInNone() {
    CudaValues values = host.bound(List.of(product(x, 0, 8), product(x, 8, 16)));
    assertThat(ProductGroup.of(values, node -> false, MOST)).isEmpty();
  }

  /** A product of some rows, split along its columns. */
  private ProductGroup split(Tensor rows, List<Tensor> others, long... extents) {
    Tensor product = ops.matmul(rows, false, ops.value(WEIGHT), true);
    List<Tensor> outputs = new ArrayList<>(others);
    outputs.addAll(ops.split(product, -1, extents));
    CudaValues values = host.bound(outputs);
    List<Node> nodes = values.program().nodes();
    int at = IntStream.range(0, nodes.size()).filter(i -> isProduct(nodes.get(i))).sum();
    ProductGroup group = ProductGroup.of(values, node -> true, MOST).get(at);
    assertThat(group.first()).isEqualTo(at);
    return group;
  }

  @Test
  void partsOfAProductAreItsResults() {
    ProductGroup group = split(ops.reshape(x, Shape.of(6, 16)), List.of(), 16, 32);
    assertThat(group.parts()).extracting(part -> part.dim(-1)).containsExactly(16L, 32L);
  }

  /** A row that only the product reads is over when it is split: a part gets its place. */
  @Test
  void partsInThePlaceOfTheRowsAreNot() {
    Tensor rows = ops.exp(ops.reshape(x, Shape.of(6, 16)));
    assertThat(split(rows, List.of(), 16, 32).split()).isNull();
  }

  @Test
  void partsBesideTheRowsAre() {
    Tensor rows = ops.exp(ops.reshape(x, Shape.of(6, 16)));
    assertThat(split(rows, List.of(rows), 16, 32).split()).isNotNull();
  }

  @Test
  void tooManyPartsAreNot() {
    Tensor rows = ops.reshape(x, Shape.of(6, 16));
    assertThat(split(rows, List.of(), 8, 8, 8, 8, 16).split()).isNull();
  }
}
