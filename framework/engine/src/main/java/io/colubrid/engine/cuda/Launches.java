package io.colubrid.engine.cuda;

import io.colubrid.spi.op.CudaCall.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.JCudaDriver;

/** Makes launches of the engine's own kernels. */
final class Launches implements AutoCloseable {
  static final int THREADS = 256;

  /** Elements of F32 in 16 bytes. */
  private static final long PACK = 4;

  /** Enough blocks to fill any GPU several times; kernels loop over what is more. */
  private static final long MOST_BLOCKS = 1 << 16;

  private final CudaDevice device;
  private final Map<Place, CudaModule> modules = new HashMap<>();

  /** By kernel. */
  private final Map<String, Integer> clusters = new HashMap<>();

  /** Whether what was put on the stream last is a kernel of ours. */
  private boolean behindKernel;

  /** A fatbin that lies beside a class. */
  private record Place(Class<?> anchor, String name) {}

  Launches(CudaDevice device) {
    this.device = device;
  }

  CudaDevice device() {
    return device;
  }

  /** One thread an element, as far as it pays. */
  static Grid over(long elements) {
    return Grid.of(Math.clamp((elements + THREADS - 1) / THREADS, 1, MOST_BLOCKS));
  }

  /** A launch with one thread an element of a whole; kernels take the number last. */
  CudaKernel elements(String module, String kernel, long count, Arguments arguments) {
    return count == 0
        ? CudaKernel.NOTHING
        : launch(module, kernel, over(count), THREADS, 1, arguments.number(count));
  }

  /** The same of a kernel that takes several neighbouring elements at a time. */
  CudaKernel packs(String module, String kernel, long count, Arguments arguments) {
    return count == 0
        ? CudaKernel.NOTHING
        : launch(
            module, kernel, over(Math.ceilDiv(count, PACK)), THREADS, 1, arguments.number(count));
  }

  /** A launch of a kernel of the engine. */
  CudaKernel launch(
      String module, String kernel, Grid grid, int threadsX, int threadsY, Arguments arguments) {
    return launch(
        new Place(Launches.class, module), kernel, grid, threadsX, threadsY, 0, arguments);
  }

  /** A launch of a kernel whose fatbin lies beside another class. */
  CudaKernel launch(
      Class<?> anchor,
      String module,
      String kernel,
      Grid grid,
      int threads,
      int sharedBytes,
      Arguments arguments) {
    return launch(new Place(anchor, module), kernel, grid, threads, 1, sharedBytes, arguments);
  }

  private CudaKernel launch(
      Place place,
      String kernel,
      Grid grid,
      int threadsX,
      int threadsY,
      int sharedBytes,
      Arguments arguments) {
    if (grid.isEmpty()) {
      return CudaKernel.NOTHING;
    }
    CUfunction function = function(place, kernel, sharedBytes);
    Pointer packed = arguments.pack();
    return () -> {
      CudaCheck.driver(
          JCudaDriver.cuLaunchKernel(
              function,
              Math.toIntExact(grid.x()),
              Math.toIntExact(grid.y()),
              Math.toIntExact(grid.z()),
              threadsX,
              threadsY,
              1,
              sharedBytes,
              device.stream(),
              packed,
              null),
          () -> launching(kernel, grid, threadsX * threadsY, sharedBytes));
      behindKernel = true;
    };
  }

  private static String launching(String kernel, Grid grid, int threads, int sharedBytes) {
    return "launching %s on %d×%d×%d blocks of %d threads with %,d bytes of shared memory"
        .formatted(kernel, grid.x(), grid.y(), grid.z(), threads, sharedBytes);
  }

  private EarlyLaunch.Function function(Place place, String kernel, int sharedBytes) {
    return modules
        .computeIfAbsent(
            place, key -> CudaModule.load(key.anchor(), key.name(), device.capability()))
        .function(kernel, sharedBytes);
  }

  /** A launch of a kernel of the engine that waits for its predecessor itself. */
  CudaKernel early(String module, String kernel, Grid grid, int threads, Arguments arguments) {
    return early(Launches.class, module, kernel, grid, threads, 0, arguments);
  }

  /**
   * A launch of a kernel that waits for its predecessor itself, where the GPU and the predecessor
   * allow it to begin early; else an ordinary one.
   */
  CudaKernel early(
      Class<?> anchor,
      String module,
      String kernel,
      Grid grid,
      int threads,
      int sharedBytes,
      Arguments arguments) {
    CudaKernel ordinary = launch(anchor, module, kernel, grid, threads, sharedBytes, arguments);
    if (grid.isEmpty() || device.capability() != CudaGpu.HOPPER) {
      return ordinary;
    }
    EarlyLaunch launch =
        new EarlyLaunch(
            function(new Place(anchor, module), kernel, sharedBytes),
            device.stream(),
            grid,
            threads,
            sharedBytes,
            arguments);
    return () -> {
      if (behindKernel) {
        CudaCheck.driver(launch.launch(), () -> launching(kernel, grid, threads, sharedBytes));
      } else {
        ordinary.launch();
      }
    };
  }

  /**
   * The same of a kernel that reads something before it waits: an ordinary launch where that does
   * not stand.
   */
  CudaKernel early(
      boolean stands, String module, String kernel, Grid grid, int threads, Arguments arguments) {
    return stands
        ? early(module, kernel, grid, threads, arguments)
        : launch(module, kernel, grid, threads, 1, arguments);
  }

  /** How many clusters of some blocks of one of the engine's kernels run at once. */
  int clusters(String module, String kernel, int blocks, int threads, int sharedBytes) {
    return clusters.computeIfAbsent(
        kernel,
        key ->
            countClusters(
                function(new Place(Launches.class, module), kernel, sharedBytes),
                blocks,
                threads,
                sharedBytes));
  }

  private int countClusters(
      EarlyLaunch.Function function, int blocks, int threads, int sharedBytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment config =
          LaunchConfig.of(
              arena,
              Grid.of(blocks),
              threads,
              sharedBytes,
              device.stream().address(),
              LaunchConfig.Attribute.CLUSTER_DIMENSION,
              blocks,
              1,
              1);
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      CudaCheck.driver(
          NativeLibrary.open(Driver.LIBRARY)
              .orElseThrow()
              .call("cuOccupancyMaxActiveClusters", count, function.address(), config),
          "counting clusters");
      return Math.max(1, count.get(ValueLayout.JAVA_INT, 0));
    }
  }

  /** Tells that something else than a kernel of ours was put on the stream. */
  void interrupted() {
    behindKernel = false;
  }

  /** Copies bytes within the device. */
  CudaKernel copy(long from, long to, long bytes) {
    return bytes == 0 || from == to
        ? CudaKernel.NOTHING
        : () -> {
          interrupted();
          CudaCheck.driver(
              JCudaDriver.cuMemcpyDtoDAsync(
                  DeviceAddress.pointer(to), DeviceAddress.pointer(from), bytes, device.stream()),
              "copying");
        };
  }

  /** Sets bytes to zero. */
  CudaKernel clear(long to, long bytes) {
    return bytes == 0
        ? CudaKernel.NOTHING
        : () -> {
          interrupted();
          CudaCheck.driver(
              JCudaDriver.cuMemsetD8Async(
                  DeviceAddress.pointer(to), (byte) 0, bytes, device.stream()),
              "clearing");
        };
  }

  @Override
  public void close() {
    modules.values().forEach(CudaModule::close);
  }
}
