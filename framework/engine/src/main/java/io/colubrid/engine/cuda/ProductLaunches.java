package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS, which sees row-major operands as transposed ones in exchanged order.
 * Sums are in F32, whatever the result is stored as. Where an F32 operand meets a BF16 one it is
 * rounded to BF16 first. Few rows have kernels of their own.
 */
record ProductLaunches(
    Launches launches, CudaValues values, PointwiseLaunches pointwise, FirstWrites writes) {
  private static final int DEFAULT_ALGORITHM = -1;

  /** Room for the BF16 copy of an F32 operand. */
  static long workspace(Node node) {
    Value a = node.input(0);
    Value b = node.input(1);
    if (a.dtype() == b.dtype()) {
      return 0;
    }
    Value wide = a.dtype() == DType.F32 ? a : b;
    return wide.shape().elements() * DType.BF16.bytes();
  }

  /** One operand as cuBLAS takes it. */
  private record Operand(long address, int type, int operation, long leading, long stride) {}

  CudaKernel matMul(Node node, int index, Operation.MatMul product, long workspace) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value c = node.output();
    boolean shared = b.shape().rank() == 2 && !product.transposeA();
    long batch = shared ? 1 : a.shape().product(0, a.shape().rank() - 2);
    long k = a.dim(product.transposeA() ? -2 : -1);
    long n = c.dim(-1);
    long m = batch == 0 ? 0 : c.shape().rows() / batch;
    if (m * n * batch == 0) {
      return CudaKernel.NOTHING;
    }
    Value bias = product.accumulate() || node.inputs().size() < 3 ? null : node.inputs().get(2);
    boolean adds = product.accumulate() || bias != null;
    if (k == 0) {
      return adds ? prefill(bias, c) : launches.clear(values.address(c), c.type().bytes());
    }
    FewRowsLaunches few = new FewRowsLaunches(launches, values);
    FewRowsLaunches.Operands operands = new FewRowsLaunches.Operands(a, b, bias, c, m, n, k);
    if (batch == 1 && few.serves(product, operands)) {
      return few.kernel(operands, writes.standsAt(b, index));
    }
    boolean mixed = a.dtype() != b.dtype();
    CudaKernel round = mixed ? rounded(a.dtype() == DType.F32 ? a : b, workspace) : null;
    Operand left =
        operand(a, mixed, workspace, product.transposeA(), product.transposeA() ? m : k, m * k);
    long strideB = b.shape().rank() == 2 ? 0 : k * n;
    Operand right =
        operand(b, mixed, workspace, product.transposeB(), product.transposeB() ? k : n, strideB);
    CudaKernel gemm = gemm(left, right, c, m, n, k, batch, adds ? 1 : 0);
    CudaKernel all = bias == null ? gemm : prefill(bias, c).then(gemm);
    return round == null ? all : round.then(all);
  }

  private CudaKernel prefill(@Nullable Value bias, Value c) {
    return bias == null
        ? CudaKernel.NOTHING
        : pointwise.repeatRows(values.address(bias), c, values.address(c));
  }

  private CudaKernel rounded(Value wide, long workspace) {
    return pointwise.cast(
        values.address(wide), DType.F32, workspace, DType.BF16, wide.shape().elements());
  }

  private Operand operand(
      Value value, boolean mixed, long workspace, boolean transposed, long leading, long stride) {
    boolean copied = mixed && value.dtype() == DType.F32;
    boolean half = mixed || value.dtype() == DType.BF16;
    return new Operand(
        copied ? workspace : values.address(value),
        cudaType(half ? DType.BF16 : DType.F32),
        transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N,
        leading,
        stride);
  }

  private static int cudaType(DType dtype) {
    return dtype == DType.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;
  }

  private CudaKernel gemm(
      Operand a, Operand b, Value c, long m, long n, long k, long batch, float beta) {
    CudaDevice device = launches.device();
    Pointer one = Pointer.to(new float[] {1});
    Pointer betaPointer = Pointer.to(new float[] {beta});
    Pointer left = new DeviceAddress(a.address());
    Pointer right = new DeviceAddress(b.address());
    Pointer out = new DeviceAddress(values.address(c));
    int stored = cudaType(c.dtype());
    return () -> {
      launches.interrupted();
      CudaCheck.cublas(
          JCublas2.cublasGemmStridedBatchedEx_64_new(
              device.cublas(),
              b.operation(),
              a.operation(),
              n,
              m,
              k,
              one,
              right,
              b.type(),
              b.leading(),
              b.stride(),
              left,
              a.type(),
              a.leading(),
              a.stride(),
              betaPointer,
              out,
              stored,
              n,
              m * n,
              batch,
              cublasComputeType.CUBLAS_COMPUTE_32F,
              DEFAULT_ALGORITHM),
          () -> "a product of %d×%d×%d".formatted(m, k, n));
    };
  }
}
