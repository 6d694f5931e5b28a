package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowTiling;
import org.jspecify.annotations.Nullable;

/**
 * RMS norm and layer norm. Gradients of weights are summed in two launches, over the rows of each
 * group of threads and then over the groups, so that their order is fixed.
 */
record NormLaunches(Launches launches, CudaValues values, FirstWrites writes) {
  private static final String MODULE = "norm";

  private static final int SUM_THREADS = 1024;
  private static final int SUM_COLUMNS = 8;

  // As in norm.cu.
  private static final int X_HALF = 1;
  private static final int Y_HALF = 4;
  private static final int CENTRED = 8;

  /** The groups' sums for weight and bias. */
  static long workspace(Node node) {
    Value x = node.input(0);
    long sums = node.outputs().size() - 1L;
    return sums * mostGroups(x.shape().rows(), x.dim(-1)) * x.dim(-1) * Float.BYTES;
  }

  private static long mostGroups(long rows, long width) {
    RowTiling tiling = RowTiling.of(width);
    return tiling.blocksInTurns(rows) * tiling.rowsPerBlock();
  }

  private static int flags(Value x, Value y, boolean centred) {
    return (half(x) ? X_HALF : 0) | (half(y) ? Y_HALF : 0) | (centred ? CENTRED : 0);
  }

  private static boolean half(Value value) {
    return switch (value.dtype()) {
      case BF16 -> true;
      case F32 -> false;
      default -> throw new UnsupportedOperationException("norms take f32 and bf16, not " + value);
    };
  }

  CudaKernel forward(
      Node node,
      int index,
      boolean centred,
      double epsilon,
      @Nullable Value weight,
      @Nullable Value bias) {
    Value x = node.input(0);
    Value y = node.output();
    RowTiling tiling = RowTiling.of(x.dim(-1), values.address(x), values.address(y));
    return launches.early(
        writes.standsAt(weight, index),
        MODULE,
        "norm_forward" + tiling.variant(),
        Grid.of(tiling.blocks(x.shape().rows())),
        tiling.threads(),
        Arguments.of()
            .addresses(
                values.address(x),
                0,
                values.addressOrNull(weight),
                values.addressOrNull(bias),
                0,
                values.address(y))
            .integer(flags(x, y, centred))
            .real32(epsilon)
            .integer(tiling.lanes())
            .number(x.shape().rows())
            .number(x.dim(-1)));
  }

  /** Outputs: gradient of x, then of the weight, then of the bias, as far as the node has them. */
  CudaKernel backward(
      Node node, boolean centred, double epsilon, @Nullable Value weight, long workspace) {
    Value x = node.input(0);
    Value g = node.input(node.inputs().size() - 1);
    Value dx = node.output();
    long rows = x.shape().rows();
    long width = x.dim(-1);
    RowTiling tiling =
        RowTiling.of(width, values.address(x), values.address(g), values.address(dx));
    long blocks = tiling.blocksInTurns(rows);
    long groups = blocks * tiling.rowsPerBlock();
    int sums = node.outputs().size() - 1;
    long weights = sums > 0 ? workspace : 0;
    long biases = sums > 1 ? workspace + groups * width * Float.BYTES : 0;
    CudaKernel gradient =
        launches.launch(
            MODULE,
            backward(tiling, centred),
            Grid.of(blocks),
            tiling.threads(),
            1,
            Arguments.of()
                .addresses(
                    values.address(x),
                    values.addressOrNull(weight),
                    values.address(g),
                    0,
                    values.address(dx),
                    0,
                    weights,
                    biases)
                .integer(flags(x, g, centred))
                .real32(epsilon)
                .integer(tiling.lanes())
                .number(rows)
                .number(width));
    return sums == 0 ? gradient : gradient.then(sums(node, weights, biases, groups, width));
  }

  private static String backward(RowTiling tiling, boolean centred) {
    String norm = tiling.quads() == 0 ? "norm" : centred ? "layer_norm" : "rms_norm";
    return norm + "_backward" + tiling.variant();
  }

  private CudaKernel sums(Node node, long weights, long biases, long groups, long width) {
    int sums = node.outputs().size() - 1;
    return launches.launch(
        MODULE,
        "norm_parameters",
        new Grid(Math.ceilDiv(width, SUM_COLUMNS), sums, 1),
        SUM_THREADS,
        1,
        Arguments.of()
            .addresses(
                weights,
                biases,
                values.address(node.outputs().get(1)),
                sums > 1 ? values.address(node.outputs().get(2)) : 0)
            .number(groups)
            .number(width));
  }
}
