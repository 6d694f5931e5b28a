package io.colubrid.engine.cuda;

import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/** Turns the codes that CUDA and cuBLAS return into exceptions that say what was being done. */
final class CudaCheck {
  private CudaCheck() {}

  static void driver(int code, String doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new CudaException(doing + ": " + CUresult.stringFor(code));
    }
  }

  static void cublas(int code, String doing) {
    if (code != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new CudaException(doing + ": " + cublasStatus.stringFor(code));
    }
  }
}
