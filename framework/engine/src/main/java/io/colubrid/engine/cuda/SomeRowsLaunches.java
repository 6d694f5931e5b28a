package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Products of some rows with matrices [out, in] of BF16, as decoding of many sequences needs them:
 * kernels of our own, spread over the whole GPU, that begin while their predecessors run. A step of
 * a convolution behind them is done by the same launch.
 */
final class SomeRowsLaunches {
  private static final String MODULE = "some_rows";
  private static final long MOST_ROWS = 128;

  /** Columns from which on cuBLAS has enough to do. */
  private static final long MOST_COLUMNS = 16_384;

  private static final int MOST_PARTS = 4;
  private static final int ALIGNMENT = 16;

  /** The capability whose blocks form clusters. */
  private static final int HOPPER = 90;

  private final Launches launches;
  private final CudaValues values;
  private final FirstWrites writes;
  private final Readers readers;
  private final Map<Integer, ProductGroup> groups;

  /** By the first node of their groups. */
  private final Map<Integer, ConvolvedPart> convolved = new HashMap<>();

  SomeRowsLaunches(
      Launches launches,
      CudaValues values,
      FirstWrites writes,
      CustomLaunches customs,
      Readers readers) {
    this.launches = launches;
    this.values = values;
    this.writes = writes;
    this.readers = readers;
    this.groups =
        launches.device().capability() == HOPPER
            ? new HashMap<>(ProductGroup.of(values, this::serves, MOST_PARTS))
            : Map.of();
    for (ProductGroup group : groups.values().stream().distinct().toList()) {
      ConvolvedPart part =
          tile(group).joins() ? ConvolvedPart.behind(group, values, customs, readers) : null;
      if (part != null) {
        convolved.put(group.first(), part);
        groups.put(part.node(), group);
      }
    }
  }

  /** Whether a node is part of what these kernels do. */
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

  private static Value x(ProductGroup group) {
    return group.products().getFirst().input(0);
  }

  private static long columns(ProductGroup group) {
    return group.parts().stream().mapToLong(part -> part.dim(-1)).sum();
  }

  private static SomeRowsTile tile(ProductGroup group) {
    return SomeRowsTile.of(columns(group), x(group).dim(-1));
  }

  private CudaKernel launch(ProductGroup group) {
    long n = columns(group);
    if (n == 0) {
      return CudaKernel.NOTHING;
    }
    long m = x(group).shape().rows();
    SomeRowsTile tile = tile(group);
    ConvolvedPart part = convolved.get(group.first());
    String kernel = MODULE + (part == null ? "" : "_conv");
    Arguments arguments = Arguments.of().number(words(group, part));
    if (part != null) {
      arguments.number(part.step().words(begin(group, part.part())));
    }
    return launches.early(
        Launches.class,
        kernel,
        kernel + tile.suffix(),
        new Grid(
            Math.ceilDiv(n, tile.columns) * tile.slices, Math.ceilDiv(m, SomeRowsTile.ROWS), 1),
        tile.threads(),
        tile.sharedBytes(),
        arguments);
  }

  /** The first column of a part, or behind the last. */
  private static long begin(ProductGroup group, int part) {
    List<Value> parts = group.parts();
    return parts.stream().limit(part).mapToLong(before -> before.dim(-1)).sum();
  }

  /** The structure SomeRows of operands.cuh. */
  private long[] words(ProductGroup group, @Nullable ConvolvedPart convolved) {
    Node product = group.products().getFirst();
    long bias = values.addressOrNull(ProductGroup.bias(product));
    long whole = isWholeWanted(group) ? values.address(group.whole()) : 0;
    boolean ahead =
        group.products().stream().allMatch(one -> writes.standsAt(one.input(1), group.first()));
    List<Long> words = new ArrayList<>();
    words.add(values.address(x(group)));
    words.add(values.address(product.input(1)));
    words.add(bias);
    words.addAll(List.of(x(group).shape().rows(), columns(group), x(group).dim(-1)));
    words.add(product.output().dtype() == DType.BF16 ? 1L : 0L);
    words.add(ahead ? 1L : 0L);
    List<Long> outs = new ArrayList<>();
    long odd = bias | whole;
    for (int i = 0; i < group.parts().size(); i++) {
      Value part = group.parts().get(i);
      outs.add(
          convolved != null && convolved.part() == i ? convolved.step().y() : values.address(part));
      odd |= outs.getLast() | part.dim(-1) * 4;
    }
    odd |= convolved == null ? 0 : convolved.step().alignment();
    words.add(odd % ALIGNMENT == 0 ? 1L : 0L);
    words.add((long) outs.size());
    for (int i = 0; i <= MOST_PARTS; i++) {
      words.add(begin(group, i));
    }
    for (int i = 0; i < MOST_PARTS; i++) {
      words.add(i < outs.size() ? outs.get(i) : 0L);
    }
    words.add(whole);
    return words.stream().mapToLong(Long::longValue).toArray();
  }

  /** Whether anybody but the split reads the result in one piece. */
  private boolean isWholeWanted(ProductGroup group) {
    return group.split() != null && readers.of(group.whole()) > 1;
  }
}
