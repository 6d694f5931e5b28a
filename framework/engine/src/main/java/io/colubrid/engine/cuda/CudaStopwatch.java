package io.colubrid.engine.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** Times what is put on a device's stream, by two events that the device stamps. */
final class CudaStopwatch implements AutoCloseable {
  private static final int DEFAULT_FLAGS = 0;
  private static final double NANOS_PER_MILLI = 1e6;

  private final CudaDevice device;
  private final CUevent begin = new CUevent();
  private final CUevent end = new CUevent();

  CudaStopwatch(CudaDevice device) {
    this.device = device;
    CudaCheck.driver(JCudaDriver.cuEventCreate(begin, DEFAULT_FLAGS), "an event");
    CudaCheck.driver(JCudaDriver.cuEventCreate(end, DEFAULT_FLAGS), "an event");
  }

  void start() {
    CudaCheck.driver(JCudaDriver.cuEventRecord(begin, device.stream()), "starting to time");
  }

  /** Waits for what was put on the stream, and answers its nanoseconds. */
  double stop() {
    CudaCheck.driver(JCudaDriver.cuEventRecord(end, device.stream()), "ending to time");
    CudaCheck.driver(JCudaDriver.cuEventSynchronize(end), "waiting for what is timed");
    float[] millis = new float[1];
    CudaCheck.driver(JCudaDriver.cuEventElapsedTime(millis, begin, end), "reading the time");
    return millis[0] * NANOS_PER_MILLI;
  }

  @Override
  public void close() {
    JCudaDriver.cuEventDestroy(begin);
    JCudaDriver.cuEventDestroy(end);
  }
}
