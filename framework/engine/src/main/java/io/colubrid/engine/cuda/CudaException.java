package io.colubrid.engine.cuda;

/** A call of CUDA or cuBLAS failed. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CudaException(String message) {
    super(message);
  }

  private CudaException(String message, RuntimeException cause) {
    super(message, cause);
  }

  /** What an operation's kernels cannot be given, with the operation. */
  static CudaException at(String label, RuntimeException cause) {
    return new CudaException(label + ": " + cause.getMessage(), cause);
  }

  /** The same failure, with the operation that it happened in. */
  CudaException at(String label) {
    return new CudaException(label + ": " + getMessage(), this);
  }
}
