package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Products of some rows with matrices [out, in] of BF16, as decoding of many sequences needs them:
 * kernels of our own, spread over the whole GPU, that begin while their predecessors run.
 */
final class SomeRowsLaunches {
  private static final String MODULE = "some_rows";
  private static final long MOST_ROWS = 128;

  /** Columns from which on cuBLAS has enough to do. */
  private static final long MOST_COLUMNS = 16_384;

  private static final int MOST_PARTS = 4;
  private static final int TILE_ROWS = 64;
  private static final int ALIGNMENT = 16;
  private static final int DEPTH = 64;

  /** The capability whose blocks form clusters. */
  private static final int HOPPER = 90;

  private final Launches launches;
  private final CudaValues values;
  private final FirstWrites writes;
  private final Map<Integer, ProductGroup> groups;

  SomeRowsLaunches(Launches launches, CudaValues values, FirstWrites writes) {
    this.launches = launches;
    this.values = values;
    this.writes = writes;
    this.groups =
        launches.device().capability() == HOPPER
            ? ProductGroup.of(values, this::serves, MOST_PARTS)
            : Map.of();
  }

  /** How a kernel cuts a product; each of these has one. */
  private enum Tile {
    C48X4(48, 4, 1, 3),
    C32X4(32, 4, 2, 6),
    C16X8(16, 8, 1, 3),
    C32X1(32, 1, 2, 2);

    final int columns;
    final int slices;
    final int groups;
    final int stages;

    Tile(int columns, int slices, int groups, int stages) {
      this.columns = columns;
      this.slices = slices;
      this.groups = groups;
      this.stages = stages;
    }

    static Tile of(long n, long k) {
      if (k <= 2 * DEPTH) {
        return C32X1;
      }
      return n > 1024 ? C48X4 : n > 256 ? C32X4 : C16X8;
    }

    String kernel() {
      return MODULE + "_" + columns + "x" + slices;
    }

    int threads() {
      return 128 * groups;
    }

    int sharedBytes() {
      int sums = 2 * TILE_ROWS * (columns + 8) * Float.BYTES;
      return stages * 2 * DEPTH * (TILE_ROWS + columns) + sums + ALIGNMENT;
    }
  }

  /** Whether a node is part of a product that these kernels take. */
  boolean takes(int node) {
    return groups.containsKey(node);
  }

  /** The launch of a group stands at its first node. */
  CudaKernel kernel(int node) {
    ProductGroup group = Objects.requireNonNull(groups.get(node));
    return group.first() == node ? launch(group) : CudaKernel.NOTHING;
  }

  private boolean serves(Node node) {
    Operation.MatMul product = (Operation.MatMul) node.operation();
    Value x = node.input(0);
    Value weight = node.input(1);
    long k = x.dim(-1);
    long m = k == 0 ? 0 : x.shape().elements() / k;
    return !product.transposeA()
        && product.transposeB()
        && !product.accumulate()
        && m > FewRowsLaunches.MOST_ROWS
        && m <= MOST_ROWS
        && weight.shape().rank() == 2
        && weight.dim(0) <= MOST_COLUMNS
        && x.dtype() == DType.BF16
        && weight.dtype() == DType.BF16
        && k % (ALIGNMENT / DType.BF16.bytes()) == 0
        && values.address(x) % ALIGNMENT == 0
        && values.address(weight) % ALIGNMENT == 0;
  }

  private CudaKernel launch(ProductGroup group) {
    Node product = group.products().getFirst();
    Value x = product.input(0);
    long k = x.dim(-1);
    long m = x.shape().elements() / k;
    List<Value> parts = group.parts();
    long n = parts.stream().mapToLong(part -> part.dim(-1)).sum();
    if (n == 0) {
      return CudaKernel.NOTHING;
    }
    Tile tile = Tile.of(n, k);
    return launches.early(
        Launches.class,
        MODULE,
        tile.kernel(),
        new Grid(Math.ceilDiv(n, tile.columns) * tile.slices, Math.ceilDiv(m, TILE_ROWS), 1),
        tile.threads(),
        tile.sharedBytes(),
        Arguments.of().number(words(group, parts, m, n, k)));
  }

  /** Whether all parts begin and end at four columns, and lie where 16 bytes are taken at once. */
  private boolean isAligned(List<Value> parts, long bias, long whole) {
    long odd = bias | whole;
    for (Value part : parts) {
      odd |= values.address(part) | part.dim(-1) * Float.BYTES;
    }
    return odd % ALIGNMENT == 0;
  }

  /** The structure SomeRows of some_rows.cuh. */
  private long[] words(ProductGroup group, List<Value> parts, long m, long n, long k) {
    Node product = group.products().getFirst();
    long bias = values.addressOrNull(ProductGroup.bias(product));
    long whole = group.split() == null ? 0 : values.address(product.output());
    boolean ahead =
        group.products().stream().allMatch(one -> writes.standsAt(one.input(1), group.first()));
    List<Long> words = new ArrayList<>();
    words.add(values.address(product.input(0)));
    words.add(values.address(product.input(1)));
    words.add(bias);
    words.addAll(List.of(m, n, k));
    words.add(product.output().dtype() == DType.BF16 ? 1L : 0L);
    words.add(ahead ? 1L : 0L);
    words.add(isAligned(parts, bias, whole) ? 1L : 0L);
    words.add((long) parts.size());
    long begin = 0;
    for (int i = 0; i <= MOST_PARTS; i++) {
      words.add(begin);
      begin += i < parts.size() ? parts.get(i).dim(-1) : 0;
    }
    for (int i = 0; i < MOST_PARTS; i++) {
      words.add(i < parts.size() ? values.address(parts.get(i)) : 0);
    }
    words.add(whole);
    return words.stream().mapToLong(Long::longValue).toArray();
  }
}
