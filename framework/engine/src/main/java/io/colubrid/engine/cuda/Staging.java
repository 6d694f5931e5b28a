package io.colubrid.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Page-locked memory of the host that all copies go through, so that the host need not wait for
 * what it writes: a batch lies ready behind the step that still runs. One half is filled while the
 * other may still be copied from.
 */
final class Staging implements AutoCloseable {
  private static final long HALF = 4L << 20;

  /** What is read at once without waiting for what was written first. */
  private static final long READ = 256L << 10;

  private static final long PAGE = 4096;
  private static final long ALIGNMENT = 64;

  private final CudaDevice device;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final CUevent[] copied = {new CUevent(), new CUevent()};
  private int half;
  private long used;

  @SuppressWarnings("MustBeClosedChecker") // closed with this
  Staging(CudaDevice device) {
    this.device = device;
    this.memory = arena.allocate(2 * HALF + READ, PAGE);
    CudaCheck.driver(
        JCudaDriver.cuMemHostRegister(pointer(memory), memory.byteSize(), 0),
        "locking %,d bytes of the host's memory".formatted(memory.byteSize()));
    for (CUevent event : copied) {
      CudaCheck.driver(
          JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "an event");
    }
  }

  private static Pointer pointer(MemorySegment segment) {
    return new DeviceAddress(segment.address());
  }

  /**
   * Puts a copy to the device on its stream.
   *
   * @param from is free again when this returns
   */
  synchronized void write(CUdeviceptr to, MemorySegment from, String doing) {
    long count;
    for (long at = 0; at < from.byteSize(); at += count) {
      if (used == HALF) {
        turn();
      }
      count = Math.min(from.byteSize() - at, HALF - used);
      MemorySegment place = memory.asSlice(half * HALF + used, count);
      MemorySegment.copy(from, at, place, 0, count);
      CudaCheck.driver(
          JCudaDriver.cuMemcpyHtoDAsync(
              to.withByteOffset(at), pointer(place), count, device.stream()),
          doing);
      used = Math.min(HALF, (used + count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }
  }

  /** Goes on with the other half, once what was copied from it has arrived. */
  private void turn() {
    CudaCheck.driver(JCudaDriver.cuEventRecord(copied[half], device.stream()), "marking a copy");
    half = 1 - half;
    used = 0;
    CudaCheck.driver(JCudaDriver.cuEventSynchronize(copied[half]), "waiting for a copy");
  }

  /** Copies from the device, once it has done what was put on its stream. */
  synchronized void read(CUdeviceptr from, MemorySegment to, String doing) {
    // What went wrong before shows here.
    String waiting =
        doing + ", or what was launched before it (-D" + GraphMode.PROPERTY + "=checked tells)";
    MemorySegment all = memory.asSlice(2 * HALF, READ);
    if (to.byteSize() > READ) {
      // Nothing that was written is under way any more, so there is more room.
      device.synchronize(waiting);
      used = 0;
      all = memory;
    }
    long count;
    for (long at = 0; at < to.byteSize(); at += count) {
      count = Math.min(to.byteSize() - at, all.byteSize());
      MemorySegment place = all.asSlice(0, count);
      CudaCheck.driver(
          JCudaDriver.cuMemcpyDtoHAsync(
              pointer(place), from.withByteOffset(at), count, device.stream()),
          doing);
      device.synchronize(waiting);
      MemorySegment.copy(place, 0, to, at, count);
    }
  }

  @Override
  public void close() {
    for (CUevent event : copied) {
      JCudaDriver.cuEventDestroy(event);
    }
    JCudaDriver.cuMemHostUnregister(pointer(memory));
    arena.close();
  }
}
