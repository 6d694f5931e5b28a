package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of some rows with matrices [out, in] of BF16, as decoding of many sequences needs them:
 * kernels of our own, spread over the whole GPU, that begin while their predecessors run. A norm
 * between two of them and a step of a convolution behind have no launch of their own.
 */
final class SomeRowsLaunches {
  private static final String MODULE = "some_rows";

  private final Launches launches;
  private final CudaValues values;
  private final FirstWrites writes;
  private final Readers readers;
  private final JointRows rows;
  private final SoonRead soonRead;

  SomeRowsLaunches(
      Launches launches, CudaValues values, FirstWrites writes, Readers readers, JointRows rows) {
    this.launches = launches;
    this.values = values;
    this.writes = writes;
    this.readers = readers;
    this.rows = rows;
    this.soonRead = SoonRead.of(values, this::brings);
  }

  private boolean brings(int node) {
    return rows.takes(node)
        && rows.group(node).first() == node
        && SomeRowsTile.of(rows.group(node)).brings();
  }

  /** The launch of a group stands at its first node. */
  CudaKernel kernel(int node) {
    ProductGroup group = rows.group(node);
    return group.first() == node ? launch(group) : CudaKernel.NOTHING;
  }

  private CudaKernel launch(ProductGroup group) {
    long n = group.columns();
    if (n == 0) {
      return CudaKernel.NOTHING;
    }
    long m = group.x().shape().rows();
    SomeRowsTile tile = SomeRowsTile.of(group);
    ConvolvedPart part = rows.convolved(group);
    NormBehind norm = rows.normed(group);
    String kernel = MODULE + kind(tile, part, norm);
    Arguments arguments = Arguments.of().number(words(group, part, norm));
    if (norm != null) {
      arguments.number(norm.words());
    } else if (part != null) {
      arguments.number(part.step().words(begin(group, part.part())));
    }
    return launches.early(
        Launches.class,
        kernel,
        kernel + tile.suffix(),
        tile.grid(m, n, launches.device().multiprocessors()),
        tile.threads(),
        tile.sharedBytes(),
        arguments);
  }

  private static String kind(
      SomeRowsTile tile, @Nullable ConvolvedPart part, @Nullable NormBehind norm) {
    return tile == SomeRowsTile.C64
        ? "_many"
        : norm != null ? "_added" : part != null ? "_conv" : "";
  }

  /** The first column of a part, or behind the last. */
  private static long begin(ProductGroup group, int part) {
    List<Value> parts = group.parts();
    return parts.stream().limit(part).mapToLong(before -> before.dim(-1)).sum();
  }

  /** The structure SomeRows of operands.cuh. */
  private long[] words(
      ProductGroup group, @Nullable ConvolvedPart convolved, @Nullable NormBehind norm) {
    Node product = group.products().getFirst();
    long bias = values.addressOrNull(group.bias());
    long whole = isWholeWanted(group) ? values.address(group.whole()) : 0;
    boolean ahead =
        group.products().stream().allMatch(one -> writes.standsAt(one.input(1), group.first()));
    List<Long> words = new ArrayList<>();
    words.add(values.address(group.x()));
    words.add(values.address(product.input(1)));
    words.add(bias);
    words.addAll(List.of(group.x().shape().rows(), group.columns(), group.x().dim(-1)));
    words.add(product.output().dtype() == DType.BF16 ? 1L : 0L);
    words.add(ahead ? 1L : 0L);
    List<Long> outs = new ArrayList<>();
    long odd = bias | whole;
    for (int i = 0; i < group.parts().size(); i++) {
      Value part = group.parts().get(i);
      outs.add(
          norm != null
              ? norm.y()
              : convolved != null && convolved.part() == i
                  ? convolved.step().y()
                  : values.address(part));
      odd |= outs.getLast() | part.dim(-1) * 4;
    }
    odd |= convolved == null ? 0 : convolved.step().alignment();
    words.add(odd % JointRows.ALIGNMENT == 0 ? 1L : 0L);
    words.add((long) outs.size());
    for (int i = 0; i <= JointRows.MOST_PARTS; i++) {
      words.add(begin(group, i));
    }
    for (int i = 0; i < JointRows.MOST_PARTS; i++) {
      words.add(i < outs.size() ? outs.get(i) : 0L);
    }
    words.add(whole);
    NormBehind scaled = rows.scaled(group);
    words.add(scaled == null ? 0L : scaled.squares());
    words.add(scaled == null ? 0L : scaled.tiles());
    words.add(scaled == null ? 0L : Float.floatToRawIntBits(scaled.norm().epsilon()));
    SoonRead.Part soon = soonRead.of(group.first());
    words.addAll(List.of(soon.address(), soon.bytes()));
    return words.stream().mapToLong(Long::longValue).toArray();
  }

  /** Whether anybody but the split reads the result in one piece. */
  private boolean isWholeWanted(ProductGroup group) {
    return group.split() != null && readers.of(group.whole()) > 1;
  }
}
