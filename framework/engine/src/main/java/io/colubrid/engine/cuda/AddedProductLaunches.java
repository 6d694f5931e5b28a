package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Launches of {@code kernels/added_product}. */
record AddedProductLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "added_product";

  // As in added_product.cuh.
  private static final int THREADS = 384;
  private static final int ROWS = 128;
  private static final int X_BOX_ROWS = ROWS / AddedProduct.BLOCKS;
  private static final int STREAM_BOX_ROWS = 64;
  private static final int ROW_BYTES = 128;
  private static final int RING_BYTES = 200 << 10;

  /** Words behind the others, up to a multiple of what maps are aligned to. */
  private static final int PADDING = 3;

  /** The launch stands at the norm's node. */
  CudaKernel kernel(AddedProduct added, int node) {
    if (node != added.norm()) {
      return CudaKernel.NOTHING;
    }
    RowNorm norm = added.of();
    int columns = Math.toIntExact(norm.width() / AddedProduct.BLOCKS);
    int stage = (ROWS + columns) * ROW_BYTES;
    int shared = RING_BYTES / stage * stage;
    String kernel = MODULE + "_" + norm.width();
    long clusters =
        Math.min(
            launches.clusters(MODULE, kernel, AddedProduct.BLOCKS, THREADS, shared),
            Math.ceilDiv(norm.rows(), ROWS));
    return launches.launch(
        Launches.class,
        MODULE,
        kernel,
        Grid.of(clusters * AddedProduct.BLOCKS),
        THREADS,
        shared,
        Arguments.of().number(words(added, columns)));
  }

  /** The structure AddedProduct of added_product.cuh. */
  private long[] words(AddedProduct added, int columns) {
    RowNorm norm = added.of();
    Value x = added.product().input(0);
    Value weight = added.product().input(1);
    long rows = norm.rows();
    long depth = added.depth();
    LongStream maps =
        Stream.of(
                new MatrixMap(values.address(x), DType.BF16, rows, depth, X_BOX_ROWS),
                new MatrixMap(values.address(weight), DType.BF16, norm.width(), depth, columns),
                new MatrixMap(norm.stream(), DType.F32, rows, norm.width(), STREAM_BOX_ROWS),
                new MatrixMap(norm.sum(), DType.F32, rows, norm.width(), STREAM_BOX_ROWS))
            .map(MatrixMap::words)
            .flatMapToLong(LongStream::of);
    long epsilon = Float.floatToRawIntBits(norm.epsilon());
    LongStream others = LongStream.of(norm.weight(), added.y(), rows, depth, epsilon);
    return LongStream.concat(LongStream.concat(maps, others), LongStream.of(new long[PADDING]))
        .toArray();
  }
}
