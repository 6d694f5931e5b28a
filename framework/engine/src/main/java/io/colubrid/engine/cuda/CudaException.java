package io.colubrid.engine.cuda;

/** A call of CUDA or cuBLAS failed. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CudaException(String message) {
    super(message);
  }
}
