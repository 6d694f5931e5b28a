package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.cudaDataType;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Context, kernels, products and graphs, each at its smallest. */
@Tag("cuda")
final class CudaFoundationTest {
  private static final int SIDE = 65;
  private static final int ELEMENTS = SIDE * SIDE;

  private final Random random = new Random(3);

  @BeforeAll
  static void needsAGpu() {
    CudaProbe probe = CudaProbe.run();
    assumeTrue(probe.usable(), probe.problem());
  }

  @Test
  void aKernelAndAProductGiveTheirAnswersAlsoFromAGraph() {
    float[] a = normal();
    float[] b = normal();
    try (CudaDevice device = CudaDevice.open(0);
        CudaModule kernels =
            CudaModule.load(CudaDevice.class, "elementwise", device.capability())) {
      System.out.printf(
          "%s, capability %d, %d multiprocessors, %s, %s%n",
          device.name(),
          device.capability(),
          device.multiprocessors(),
          device.memory(),
          device.found());
      CUdeviceptr left = upload(a);
      CUdeviceptr right = upload(b);
      CUdeviceptr scaled = upload(new float[ELEMENTS]);
      CUdeviceptr product = upload(new float[ELEMENTS]);
      Runnable launches =
          () -> {
            affine(device, kernels, left, 2, -1, scaled);
            multiply(device, scaled, right, product);
          };

      launches.run();
      device.synchronize("a kernel and a product");
      float[] direct = download(product);
      assertThat(direct[SIDE * 7 + 3]).isCloseTo(expected(a, b, 7, 3), within(1e-3f));

      try (CudaGraph graph = CudaGraph.capture(device, launches)) {
        CudaCheck.driver(
            JCudaDriver.cuMemsetD8(product, (byte) 0xFF, ELEMENTS * Sizeof.FLOAT), "poisoning");
        graph.launch();
        device.synchronize("a graph");
        assertThat(download(product)).isEqualTo(direct);
      }
    }
  }

  private float[] normal() {
    float[] numbers = new float[ELEMENTS];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static float expected(float[] a, float[] b, int row, int column) {
    double sum = 0;
    for (int k = 0; k < SIDE; k++) {
      sum += (2 * a[row * SIDE + k] - 1) * b[k * SIDE + column];
    }
    return (float) sum;
  }

  private static CUdeviceptr upload(float[] numbers) {
    CUdeviceptr device = new CUdeviceptr();
    long bytes = (long) numbers.length * Sizeof.FLOAT;
    CudaCheck.driver(JCudaDriver.cuMemAlloc(device, bytes), "allocating");
    CudaCheck.driver(JCudaDriver.cuMemcpyHtoD(device, Pointer.to(numbers), bytes), "uploading");
    return device;
  }

  private static float[] download(CUdeviceptr device) {
    float[] numbers = new float[ELEMENTS];
    CudaCheck.driver(
        JCudaDriver.cuMemcpyDtoH(Pointer.to(numbers), device, (long) ELEMENTS * Sizeof.FLOAT),
        "downloading");
    return numbers;
  }

  private static void affine(
      CudaDevice device,
      CudaModule kernels,
      CUdeviceptr x,
      double scale,
      double shift,
      CUdeviceptr out) {
    Pointer arguments =
        Pointer.to(
            Pointer.to(x),
            Pointer.to(new double[] {scale}),
            Pointer.to(new double[] {shift}),
            Pointer.to(out),
            Pointer.to(new long[] {ELEMENTS}));
    CudaCheck.driver(
        JCudaDriver.cuLaunchKernel(
            kernels.function("affine_f32", 0),
            (ELEMENTS + 255) / 256,
            1,
            1,
            256,
            1,
            1,
            0,
            device.stream(),
            arguments,
            null),
        "affine_f32");
  }

  /** A row-major product, which cuBLAS sees with its operands exchanged. */
  private static void multiply(CudaDevice device, CUdeviceptr a, CUdeviceptr b, CUdeviceptr out) {
    CudaCheck.cublas(
        JCublas2.cublasGemmEx_new(
            device.cublas(),
            cublasOperation.CUBLAS_OP_N,
            cublasOperation.CUBLAS_OP_N,
            SIDE,
            SIDE,
            SIDE,
            Pointer.to(new float[] {1}),
            b,
            cudaDataType.CUDA_R_32F,
            SIDE,
            a,
            cudaDataType.CUDA_R_32F,
            SIDE,
            Pointer.to(new float[] {0}),
            out,
            cudaDataType.CUDA_R_32F,
            SIDE,
            cublasComputeType.CUBLAS_COMPUTE_32F,
            -1),
        "a product");
  }
}
