package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * RMS norm and layer norm over rows. With x̂ = (x − mean)·r and r = 1/√(variance + ε), the gradient
 * of a row is r·(g·w − c₁ − (x − mean)·c₂), where c₁ = mean(g·w) and c₂ = r²·mean(g·w·(x − mean));
 * RMS norm is the case without mean and c₁.
 */
final class NormKernels {
  private static final long GRAIN = 1 << 13;

  private final CpuMemory memory;
  private final WorkerPool pool;

  NormKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  /**
   * Ones and zeros in place of absent vectors, and a partial sum of each gradient for each thread.
   */
  static long workspace(Node node, int threads) {
    Value x = node.input(0);
    return (2 + 2L * threads) * x.dim(-1) * x.dtype().bytes();
  }

  private record Rows(
      Arithmetic type, long x, long count, long width, boolean centred, double epsilon) {
    long row(long base, long index) {
      return base + index * width * type.bytes();
    }

    double mean(long address) {
      return centred ? type.sum(address, width) / width : 0;
    }

    double scale(long address, double mean) {
      return 1 / Math.sqrt(type.sumSquares(address, mean, width) / width + epsilon);
    }

    long grain() {
      return Math.max(1, GRAIN / Math.max(1, width));
    }
  }

  private Rows rows(Value x, boolean centred, double epsilon) {
    Arithmetic type = PointwiseKernels.arithmetic(x.dtype());
    return new Rows(type, memory.address(x), x.shape().rows(), x.dim(-1), centred, epsilon);
  }

  Kernel forward(
      Node node,
      boolean centred,
      double epsilon,
      @Nullable Value weight,
      @Nullable Value bias,
      MemorySegment workspace) {
    Rows rows = rows(node.input(0), centred, epsilon);
    Arithmetic type = rows.type();
    long ones = workspace.address();
    long zeros = ones + rows.width() * type.bytes();
    long w = weight == null ? ones : memory.address(weight);
    long b = bias == null ? zeros : memory.address(bias);
    long out = memory.address(node.output());
    return () -> {
      type.fill(1, ones, rows.width());
      type.fill(0, zeros, rows.width());
      pool.forEachRange(
          rows.count(),
          rows.grain(),
          (from, to) -> {
            for (long i = from; i < to; i++) {
              long x = rows.row(rows.x(), i);
              double mean = rows.mean(x);
              type.normalize(x, mean, rows.scale(x, mean), w, b, rows.row(out, i), rows.width());
            }
          });
    };
  }

  /** Outputs: gradient of x, then of the weight, then of the bias, as far as the node has them. */
  Kernel backward(
      Node node, boolean centred, double epsilon, @Nullable Value weight, MemorySegment workspace) {
    Rows rows = rows(node.input(0), centred, epsilon);
    Arithmetic type = rows.type();
    long vector = rows.width() * type.bytes();
    long ones = workspace.address();
    long partials = ones + 2 * vector;
    int threads = pool.threads();
    long w = weight == null ? ones : memory.address(weight);
    long g = memory.address(node.input(node.inputs().size() - 1));
    long out = memory.address(node.output());
    int sums = node.outputs().size() - 1;
    return () -> {
      type.fill(1, ones, rows.width());
      type.fill(0, partials, 2L * threads * rows.width());
      pool.forEachTask(
          threads,
          thread -> {
            long from = rows.count() * thread / threads;
            long to = rows.count() * (thread + 1) / threads;
            long weightSum = partials + 2L * thread * vector;
            for (long i = from; i < to; i++) {
              gradientRow(rows, i, g, w, out, sums > 0 ? weightSum : 0, sums > 1);
            }
          });
      for (int i = 0; i < sums; i++) {
        long total = memory.address(node.outputs().get(i + 1));
        Copies.bytes(partials + i * vector, total, vector);
        for (int thread = 1; thread < threads; thread++) {
          long part = partials + (2L * thread + i) * vector;
          type.axpy(1, part, total, rows.width());
        }
      }
    };
  }

  private static void gradientRow(
      Rows rows, long index, long gradients, long w, long out, long weightSum, boolean biasToo) {
    Arithmetic type = rows.type();
    long width = rows.width();
    long x = rows.row(rows.x(), index);
    long g = rows.row(gradients, index);
    double mean = rows.mean(x);
    double r = rows.scale(x, mean);
    double c1 = rows.centred() ? type.dot(g, w, width) / width : 0;
    double c2 = r * r * type.dot3Shifted(g, w, x, mean, width) / width;
    if (weightSum != 0) {
      type.accumulateNormalized(x, mean, r, g, weightSum, width);
    }
    if (biasToo) {
      type.axpy(1, g, weightSum + width * type.bytes(), width);
    }
    type.normalizeGradient(g, w, x, mean, r, c1, c2, rows.row(out, index), width);
  }
}
