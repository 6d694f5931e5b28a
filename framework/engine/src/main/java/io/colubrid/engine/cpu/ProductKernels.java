package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Matrix products: one call of BLAS a product, or a batch of them. */
final class ProductKernels {
  private static final long GRAIN = 1 << 14;

  private final CpuMemory memory;
  private final WorkerPool pool;
  private final Blas blas;

  ProductKernels(CpuMemory memory, WorkerPool pool, Blas blas) {
    this.memory = memory;
    this.pool = pool;
    this.blas = blas;
  }

  /** Room for F32 copies of BF16 operands. */
  static long workspace(Node node) {
    return f32Bytes(node.input(0)) + (readsHalves(node) ? 0 : f32Bytes(node.input(1)));
  }

  /** Whether few rows meet a transposed BF16 matrix, which is then read as it is. */
  private static boolean readsHalves(Node node) {
    Operation.MatMul product = (Operation.MatMul) node.operation();
    Value b = node.input(1);
    return b.dtype() == DType.BF16
        && b.shape().rank() == 2
        && product.transposeB()
        && !product.transposeA()
        && node.output().dtype() == DType.F32
        && node.output().shape().rows() <= Gemv.MAX_ROWS;
  }

  private static long f32Bytes(Value value) {
    return value.dtype() == DType.BF16 ? value.shape().elements() * Float.BYTES : 0;
  }

  Kernel matMul(Node node, Operation.MatMul product, MemorySegment workspace) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value c = node.output();
    boolean shared = b.shape().rank() == 2 && !product.transposeA();
    int batch = shared ? 1 : Math.toIntExact(a.shape().product(0, a.shape().rank() - 2));
    int k = Math.toIntExact(a.dim(product.transposeA() ? -2 : -1));
    int n = Math.toIntExact(c.dim(-1));
    int m = Math.toIntExact(c.shape().rows() / batch);
    Arithmetic type = PointwiseKernels.arithmetic(c.dtype());
    long split = f32Bytes(a);
    Kernel widenA = widened(a, workspace, 0);
    MemorySegment left = split > 0 ? workspace : memory.segment(a);
    MemorySegment out = memory.segment(c);
    Value bias = product.accumulate() || node.inputs().size() < 3 ? null : node.inputs().get(2);
    Kernel prefill = bias(bias, c, type);
    double beta = product.accumulate() || bias != null ? 1 : 0;
    if (readsHalves(node)) {
      long x = left.address();
      long w = memory.address(b);
      long y = memory.address(c);
      return () -> {
        widenA.run();
        prefill.run();
        Gemv.runBf16(pool, type, m, n, k, x, k, w, k, beta, y, n);
      };
    }
    Kernel widenB = widened(b, workspace, split);
    MemorySegment right = f32Bytes(b) > 0 ? workspace.asSlice(split) : memory.segment(b);
    int lda = product.transposeA() ? m : k;
    int ldb = product.transposeB() ? k : n;
    long strideB = b.shape().rank() == 2 ? 0 : (long) k * n;
    return () -> {
      widenA.run();
      widenB.run();
      prefill.run();
      blas.gemmBatched(
          type,
          batch,
          product.transposeA(),
          product.transposeB(),
          m,
          n,
          k,
          1,
          left,
          0,
          (long) m * k,
          lda,
          right,
          0,
          strideB,
          ldb,
          beta,
          out,
          0,
          (long) m * n,
          n);
    };
  }

  private Kernel bias(@Nullable Value bias, Value c, Arithmetic type) {
    if (bias == null) {
      return Kernel.NOTHING;
    }
    long rows = c.shape().rows();
    long bytes = c.dim(-1) * type.bytes();
    long from = memory.address(bias);
    long to = memory.address(c);
    long grain = Math.max(1, GRAIN * type.bytes() / Math.max(1, bytes));
    return () ->
        pool.forEachRange(
            rows,
            grain,
            (first, last) -> {
              for (long row = first; row < last; row++) {
                Copies.bytes(from, to + row * bytes, bytes);
              }
            });
  }

  private Kernel widened(Value value, MemorySegment workspace, long offset) {
    if (value.dtype() != DType.BF16) {
      return Kernel.NOTHING;
    }
    Arithmetic type = Arithmetic.f32();
    long from = memory.address(value);
    long to = workspace.address() + offset;
    long count = value.shape().elements();
    return () ->
        pool.forEachRange(
            count,
            GRAIN,
            (first, last) ->
                type.fromBf16(from + first * Short.BYTES, to + first * Float.BYTES, last - first));
  }
}
