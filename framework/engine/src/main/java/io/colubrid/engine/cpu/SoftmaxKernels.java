package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;

/** Softmax over rows, and the cross entropy that is made of it. */
final class SoftmaxKernels {
  private static final long GRAIN = 1 << 12;

  private final CpuMemory memory;
  private final WorkerPool pool;

  SoftmaxKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  Kernel softmax(Node node) {
    Arithmetic type = PointwiseKernels.arithmetic(node.output().dtype());
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    long width = node.output().dim(-1);
    long stride = width * type.bytes();
    return rows(
        node.output(),
        row -> {
          double max = type.max(x + row * stride, width);
          if (max == Double.NEGATIVE_INFINITY) {
            type.fill(0, out + row * stride, width);
          } else {
            double sum = type.expSum(x + row * stride, max, out + row * stride, width);
            type.scaleShift(out + row * stride, 1 / sum, 0, out + row * stride, width);
          }
        });
  }

  /** y·(g − Σ g·y). */
  Kernel gradient(Node node) {
    Arithmetic type = PointwiseKernels.arithmetic(node.output().dtype());
    long y = memory.address(node.input(0));
    long g = memory.address(node.input(1));
    long out = memory.address(node.output());
    long width = node.output().dim(-1);
    long stride = width * type.bytes();
    return rows(
        node.output(),
        row -> {
          double dot = type.dot(y + row * stride, g + row * stride, width);
          type.multiplyShifted(y + row * stride, g + row * stride, dot, out + row * stride, width);
        });
  }

  Kernel crossEntropy(Node node, Operation.CrossEntropy loss) {
    Value logits = node.input(0);
    Arithmetic type = PointwiseKernels.arithmetic(logits.dtype());
    long x = memory.address(logits);
    long targets = memory.address(node.input(1));
    long out = memory.address(node.output());
    long logSums = memory.address(node.outputs().get(1));
    long width = logits.dim(-1);
    int size = type.bytes();
    return rows(
        logits,
        row -> {
          long at = x + row * width * size;
          double max = type.max(at, width);
          double logSum = max + Math.log(type.sumExp(at, max, width));
          type.set(logSums + row * size, logSum);
          int target = target(targets, row, width);
          double result = 0;
          if (target >= 0) {
            result = logSum - (1 - loss.smoothing()) * type.get(at + (long) target * size);
            if (loss.smoothing() > 0) {
              result -= loss.smoothing() * type.sum(at, width) / width;
            }
          }
          type.set(out + row * size, result);
        });
  }

  /** (softmax − smoothed target)·g, over the logits themselves where nobody needs them any more. */
  Kernel crossEntropyGradient(Node node, Operation.CrossEntropyGradient loss) {
    Value logits = node.input(0);
    Arithmetic type = PointwiseKernels.arithmetic(logits.dtype());
    long x = memory.address(logits);
    long targets = memory.address(node.input(1));
    long logSums = memory.address(node.input(2));
    long gradients = memory.address(node.input(3));
    long out = memory.address(node.output());
    long width = logits.dim(-1);
    int size = type.bytes();
    return rows(
        logits,
        row -> {
          long to = out + row * width * size;
          int target = target(targets, row, width);
          if (target < 0) {
            type.fill(0, to, width);
            return;
          }
          double g = type.get(gradients + row * size);
          double logSum = type.get(logSums + row * size);
          double even = -g * loss.smoothing() / width;
          type.expScaled(x + row * width * size, logSum, g, even, to, width);
          long hit = to + (long) target * size;
          type.set(hit, type.get(hit) - g * (1 - loss.smoothing()));
        });
  }

  private static int target(long targets, long row, long classes) {
    int target = (int) Elements.get(DType.I32, targets + row * Integer.BYTES);
    if (target >= classes) {
      throw new IndexOutOfBoundsException(
          "target " + target + " in row " + row + " is not among " + classes + " classes");
    }
    return target;
  }

  @FunctionalInterface
  private interface RowTask {
    void run(long row);
  }

  private Kernel rows(Value value, RowTask task) {
    long rows = value.shape().rows();
    long grain = Math.max(1, GRAIN / Math.max(1, value.shape().rank() == 0 ? 1 : value.dim(-1)));
    return () ->
        pool.forEachRange(
            rows,
            grain,
            (from, to) -> {
              for (long row = from; row < to; row++) {
                task.run(row);
              }
            });
  }
}
