package io.colubrid.engine.cuda;

/**
 * What the machine has of CUDA, found out without a class of JCuda: those fail to load where there
 * is no driver.
 *
 * @param driver version of the driver's CUDA, such as 13000 for 13.0; 0 without a driver
 * @param devices number of GPUs
 * @param problem why CUDA cannot be used, and what to do; empty if it can
 */
public record CudaProbe(int driver, int devices, String problem) {
  public boolean usable() {
    return problem.isEmpty();
  }

  /**
   * Fails where a GPU cannot be used.
   *
   * @throws CudaException saying what is missing and what to do
   */
  void require(int ordinal) {
    if (!usable()) {
      throw new CudaException("cuda:" + ordinal + " cannot be used: " + problem);
    }
    if (ordinal >= devices) {
      throw new CudaException(
          "there is no cuda:%d; this machine has %s, counted from 0"
              .formatted(ordinal, devices == 1 ? "1 GPU" : devices + " GPUs"));
    }
  }

  /** Asks the driver. Cheap enough to be asked again. */
  public static CudaProbe run() {
    Driver driver = Driver.open().orElse(null);
    if (driver == null) {
      return new CudaProbe(
          0, 0, "there is no " + Driver.LIBRARY + "; install NVIDIA's driver, 580 or newer");
    }
    int version = driver.version();
    int error = driver.start();
    if (error != 0) {
      return new CudaProbe(
          version,
          0,
          "the driver does not start (CUDA error %d); does nvidia-smi work?".formatted(error));
    }
    int devices = driver.devices();
    return new CudaProbe(
        version, devices, devices > 0 ? "" : "the driver sees no GPU; does nvidia-smi list one?");
  }
}
