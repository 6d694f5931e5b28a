package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.GatedRows;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A norm between two groups of products that needs no launch. The product in front adds its result
 * to the stream and gives what is normed times the weight, with the sums of squares of each tile of
 * columns, which lie where the result would; the products behind, which alone read it, divide
 * theirs by the root of the mean square.
 *
 * @param node index of the norm's node
 * @param y address of the norm's output
 * @param squares address of the sums of squares, F32 [rows, tiles]
 * @param tiles sums of a row, of each tile of columns
 */
record NormBehind(int node, RowNorm norm, long y, long squares, long tiles) {

  /** The one behind a product, or null. */
  static @Nullable NormBehind of(
      ProductGroup front,
      Map<Integer, ProductGroup> groups,
      CudaValues values,
      Readers readers,
      RowNorms.Norms norms) {
    List<Node> nodes = values.program().nodes();
    int next = Node.behind(nodes, front.last());
    RowNorm norm = next < nodes.size() ? norms.of(nodes.get(next), next) : null;
    ProductGroup behind = groups.get(Node.behind(nodes, Math.min(next, nodes.size() - 1)));
    if (norm == null || behind == null || !SomeRowsTile.of(front).adds()) {
      return null;
    }
    Value branch = front.whole();
    Value y = nodes.get(next).outputs().getFirst();
    boolean alone =
        !norm.gated()
            && front.parts().size() == 1
            && branch.dtype() == DType.BF16
            && norm.branch() == values.address(branch)
            && readers.of(branch) == 1;
    boolean read = behind.first() > next && isReadBy(behind, y, readers);
    boolean shape =
        norm.rows() == front.x().shape().rows()
            && norm.width() == front.columns()
            && norm.width() % SomeRowsTile.QUAD == 0
            && areAligned(norm.stream(), norm.weight(), norm.sum(), values.address(y))
            && areAligned(norm.branch(), values.addressOrNull(front.bias()));
    return alone && read && shape && isClear(front.products().getFirst(), y, norm, values)
        ? new NormBehind(
            next,
            norm,
            values.address(y),
            norm.branch(),
            Math.ceilDiv(norm.width(), SomeRowsTile.of(front).columns))
        : null;
  }

  /** The one of rows that a node gates, or null. */
  static @Nullable NormBehind gated(
      int front,
      long sums,
      Map<Integer, ProductGroup> groups,
      CudaValues values,
      Readers readers,
      RowNorms.Norms norms) {
    List<Node> nodes = values.program().nodes();
    int next = Node.behind(nodes, front);
    RowNorm norm = next < nodes.size() ? norms.of(nodes.get(next), next) : null;
    ProductGroup behind = groups.get(Node.behind(nodes, Math.min(next, nodes.size() - 1)));
    if (sums == 0 || norm == null || behind == null || !norm.gated()) {
      return null;
    }
    Value made = nodes.get(front).output();
    Value y = nodes.get(next).output();
    boolean served =
        norm.stream() == values.address(made)
            && made.type().equals(y.type())
            && readers.of(made) == 1
            && behind.first() > next
            && isReadBy(behind, y, readers)
            && sums * Float.BYTES * norm.rows() <= made.type().bytes()
            && norm.stream() % Float.BYTES == 0
            && isClear(nodes.get(front), y, norm, values);
    return served ? new NormBehind(next, norm, values.address(y), norm.stream(), sums) : null;
  }

  private static boolean isReadBy(ProductGroup behind, Value y, Readers readers) {
    return behind.products().stream().allMatch(product -> Readers.same(product.input(0), y))
        && readers.of(y) == behind.products().size();
  }

  static boolean areAligned(long... addresses) {
    return LongStream.of(addresses).allMatch(address -> address % JointRows.ALIGNMENT == 0);
  }

  /** Whether what the node in front writes now lies over nothing that it reads. */
  static boolean isClear(Node front, Value y, RowNorm norm, CudaValues values) {
    long at = values.address(y);
    long bytes = y.type().bytes();
    Stream<@Nullable Value> read = front.inputs().stream();
    return !norm.overlaps(at, bytes)
        && !norm.overlaps(norm.sum(), norm.sumBytes())
        && read.noneMatch(
            input ->
                input != null
                    && (values.overlap(input, at, bytes)
                        || values.overlap(input, norm.sum(), norm.sumBytes())));
  }

  /** What the node in front is told of rows that it gates. */
  GatedRows gatedRows() {
    return new GatedRows(norm.branch(), norm.weight(), norm.weightStands(), y, squares);
  }

  /** The structure NormBehind of {@code endings.cuh}. */
  long[] words() {
    return new long[] {norm.stream(), norm.weight(), norm.sum(), squares, tiles};
  }
}
