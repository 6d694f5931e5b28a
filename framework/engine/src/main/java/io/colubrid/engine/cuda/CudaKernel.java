package io.colubrid.engine.cuda;

/** One node of a program, ready to be put on the device's stream. */
@FunctionalInterface
interface CudaKernel {
  CudaKernel NOTHING = () -> {};

  void launch();

  /** This one and then another. */
  default CudaKernel then(CudaKernel next) {
    return () -> {
      launch();
      next.launch();
    };
  }
}
