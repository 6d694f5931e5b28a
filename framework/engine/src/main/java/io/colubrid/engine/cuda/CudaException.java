package io.colubrid.engine.cuda;

/** A call of CUDA or cuBLAS failed. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CudaException(String message) {
    super(message);
  }

  private CudaException(String message, CudaException cause) {
    super(message, cause);
  }

  /** The same failure, with the operation that it happened in. */
  CudaException at(String label) {
    return new CudaException(label + ": " + getMessage(), this);
  }
}
