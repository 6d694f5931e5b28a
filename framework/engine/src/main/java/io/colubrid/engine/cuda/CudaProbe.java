package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/**
 * What the machine has of CUDA, found out without a class of JCuda: those fail to load where there
 * is no driver.
 *
 * @param driver version of the driver's CUDA, such as 13000 for 13.0; 0 without a driver
 * @param devices number of GPUs
 * @param problem why CUDA cannot be used, and what to do; empty if it can
 */
public record CudaProbe(int driver, int devices, String problem) {
  private static final String LIBRARY = "libcuda.so.1";

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
  @SuppressWarnings("restricted")
  public static CudaProbe run() {
    SymbolLookup driver;
    try {
      driver = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
    } catch (IllegalArgumentException e) {
      return new CudaProbe(
          0, 0, "there is no " + LIBRARY + "; install NVIDIA's driver, 580 or newer");
    }
    int version = number(driver, "cuDriverGetVersion");
    int initialized = initialize(driver);
    if (initialized != 0) {
      return new CudaProbe(
          version,
          0,
          "the driver does not start (CUDA error %d); does nvidia-smi work?"
              .formatted(initialized));
    }
    int devices = number(driver, "cuDeviceGetCount");
    return new CudaProbe(
        version, devices, devices > 0 ? "" : "the driver sees no GPU; does nvidia-smi list one?");
  }

  private static int initialize(SymbolLookup driver) {
    try {
      return (int) function(driver, "cuInit", ValueLayout.JAVA_INT).invoke(0);
    } catch (Throwable e) {
      throw new IllegalStateException(LIBRARY + ": cuInit cannot be called", e);
    }
  }

  /** Calls a function that writes one int; 0 where it fails. */
  private static int number(SymbolLookup driver, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.JAVA_INT);
      int error = (int) function(driver, name, ValueLayout.ADDRESS).invoke(out);
      return error == 0 ? out.get(ValueLayout.JAVA_INT, 0) : 0;
    } catch (Throwable e) {
      throw new IllegalStateException(LIBRARY + ": " + name + " cannot be called", e);
    }
  }

  @SuppressWarnings("restricted")
  private static java.lang.invoke.MethodHandle function(
      SymbolLookup driver, String name, ValueLayout argument) {
    return Linker.nativeLinker()
        .downcallHandle(
            driver.findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, argument));
  }
}
