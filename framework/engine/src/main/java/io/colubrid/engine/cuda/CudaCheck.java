package io.colubrid.engine.cuda;

import java.util.function.Supplier;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/** Turns the codes that CUDA and cuBLAS return into exceptions that say what was being done. */
final class CudaCheck {
  private CudaCheck() {}

  static void driver(int code, String doing) {
    driver(code, () -> doing);
  }

  /** The same where many launches have something to tell and hardly one ever does. */
  static void driver(int code, Supplier<String> doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new CudaException(doing.get() + ": " + CUresult.stringFor(code));
    }
  }

  static void cublas(int code, String doing) {
    cublas(code, () -> doing);
  }

  static void cublas(int code, Supplier<String> doing) {
    if (code != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new CudaException(doing.get() + ": " + cublasStatus.stringFor(code));
    }
  }
}
