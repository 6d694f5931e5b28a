package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.op.CudaCall.Grid;
import java.util.Arrays;

/** How fast a GPU can copy within its memory: what no kernel can pass that reads and writes it. */
public final class CopyCeiling {
  private static final String FATBIN = "ceiling";
  private static final String KERNEL = "ceiling_copy";
  private static final int UNIT = 16;
  private static final int UNITS_A_BLOCK = 4 * Launches.THREADS;
  private static final int WARM_UP = 3;
  private static final int TRIALS = 15;

  private CopyCeiling() {}

  /**
   * Copies from one storage to another, several times.
   *
   * @param from of a multiple of 16 KiB, larger than the caches
   * @param to of the same size
   * @return nanoseconds, the median
   */
  public static double nanos(CudaBackend backend, Storage from, Storage to) {
    backend.device().enter();
    long units = from.bytes() / UNIT;
    CudaKernel copy =
        backend
            .launches()
            .launch(
                FATBIN,
                KERNEL,
                Grid.of(units / UNITS_A_BLOCK),
                Launches.THREADS,
                1,
                new Arguments().addresses(from.address(), to.address()).number(units));
    for (int i = 0; i < WARM_UP; i++) {
      copy.launch();
    }
    double[] nanos = new double[TRIALS];
    try (CudaStopwatch watch = new CudaStopwatch(backend.device())) {
      for (int i = 0; i < TRIALS; i++) {
        watch.start();
        copy.launch();
        nanos[i] = watch.stop();
      }
    }
    Arrays.sort(nanos);
    return nanos[TRIALS / 2];
  }
}
