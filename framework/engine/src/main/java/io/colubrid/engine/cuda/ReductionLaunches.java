package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;

/**
 * Sums, maxima, running sums and softmax. Sums over many rows are taken in two launches, of
 * stretches and of their sums, so that their order is fixed.
 */
record ReductionLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "reduction";

  /** Rows that one thread of a column adds up before the stretches pay. */
  private static final long STRETCH = 64;

  private static final long MOST_STRETCHES = 256;

  /** The axis seen from outside, along it, and inside it. */
  private record Extents(long outer, long along, long inner) {
    static Extents of(Value value, int axis) {
      return new Extents(
          value.shape().product(0, axis),
          value.dim(axis),
          value.shape().product(axis + 1, value.shape().rank()));
    }

    Arguments arguments(long x, long out) {
      return Arguments.of().addresses(x, out).number(outer).number(along).number(inner);
    }
  }

  /** Scratch bytes of a node's kernels. */
  static long workspace(Node node) {
    return switch (node.operation()) {
      case Operation.Sum sum -> {
        Extents e = Extents.of(node.input(0), sum.axis());
        long stretches = stretches(e, node.input(0).dtype());
        yield stretches > 1 ? stretches * e.outer() * e.inner() * Float.BYTES : 0;
      }
      default -> 0;
    };
  }

  private static long stretches(Extents e, DType dtype) {
    boolean split = dtype == DType.F32 && e.inner() > 1;
    return split ? Math.clamp(e.along() / STRETCH, 1, MOST_STRETCHES) : 1;
  }

  CudaKernel sum(Node node, Operation.Sum sum, long workspace) {
    Value x = node.input(0);
    Extents e = Extents.of(x, sum.axis());
    long out = values.address(node.output());
    String suffix = PointwiseLaunches.suffix(x.dtype());
    if (!x.dtype().isFloating()) {
      return columns("sum_numbers" + suffix, e, 1, values.address(x), out);
    }
    if (e.inner() == 1) {
      return rows("sum_rows" + suffix, e.outer(), values.address(x), out, e.along());
    }
    long stretches = stretches(e, x.dtype());
    if (stretches == 1) {
      return columns("sum_columns" + suffix, e, 1, values.address(x), out);
    }
    Extents partial = new Extents(1, stretches, e.outer() * e.inner());
    return columns("sum_columns_f32", e, stretches, values.address(x), workspace)
        .then(columns("sum_columns_f32", partial, 1, workspace, out));
  }

  CudaKernel max(Node node, Operation.Max max) {
    Value x = node.input(0);
    Extents e = Extents.of(x, max.axis());
    String suffix = PointwiseLaunches.suffix(x.dtype());
    long out = values.address(node.output());
    return e.inner() == 1
        ? rows("max_rows" + suffix, e.outer(), values.address(x), out, e.along())
        : columns("max_columns" + suffix, e, 1, values.address(x), out);
  }

  CudaKernel cumulativeSum(Node node, Operation.CumulativeSum sum) {
    Value x = node.input(0);
    Extents e = Extents.of(x, sum.axis());
    String kernel = "cumulative_sum" + PointwiseLaunches.suffix(x.dtype());
    return columns(kernel, e, 1, values.address(x), values.address(node.output()));
  }

  private CudaKernel rows(String kernel, long rows, long x, long out, long width) {
    return launches.launch(
        MODULE,
        kernel,
        Grid.of(rows),
        Launches.THREADS,
        1,
        Arguments.of().addresses(x, out).number(width));
  }

  private CudaKernel columns(String kernel, Extents e, long stretches, long x, long out) {
    if (e.outer() * e.inner() == 0) {
      return CudaKernel.NOTHING;
    }
    Grid grid = new Grid(Launches.over(e.outer() * e.inner()).x(), stretches, 1);
    return launches.launch(MODULE, kernel, grid, Launches.THREADS, 1, e.arguments(x, out));
  }

  /** A kernel with one block a row. */
  private CudaKernel perRow(String kernel, Value rows, Arguments arguments) {
    return launches.launch(
        MODULE,
        kernel,
        Grid.of(rows.shape().rows()),
        Launches.THREADS,
        1,
        arguments.number(rows.dim(-1)));
  }

  CudaKernel softmax(Node node) {
    Value out = node.output();
    return perRow(
        f32("softmax", out),
        out,
        Arguments.of().addresses(values.address(node.input(0)), values.address(out)));
  }

  CudaKernel softmaxGradient(Node node) {
    Value out = node.output();
    return perRow(
        f32("softmax_gradient", out),
        out,
        Arguments.of()
            .addresses(
                values.address(node.input(0)), values.address(node.input(1)), values.address(out)));
  }

  private static String f32(String kernel, Value value) {
    if (value.dtype() != DType.F32) {
      throw new UnsupportedOperationException(kernel + " is computed in f32; cast " + value);
    }
    return kernel + "_f32";
  }
}
