package io.colubrid.engine.cuda;

import java.util.stream.Stream;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_record_flags;
import jcuda.driver.JCudaDriver;

/**
 * A program captured with an event between any two nodes, so that what the host takes to launch
 * them is no part of their times.
 */
final class Timeline implements AutoCloseable {
  private static final int DEFAULT_FLAGS = 0;
  private static final double NANOS_PER_MILLI = 1e6;

  private final CudaDevice device;
  private final CUevent[] marks;
  private final CudaGraph graph;

  /**
   * @throws CudaException if the program cannot be captured
   */
  Timeline(CudaDevice device, Launcher launcher, int nodes) {
    this.device = device;
    this.marks = Stream.generate(CUevent::new).limit(nodes + 1L).toArray(CUevent[]::new);
    for (CUevent mark : marks) {
      CudaCheck.driver(JCudaDriver.cuEventCreate(mark, DEFAULT_FLAGS), "an event");
    }
    this.graph = CudaGraph.capture(device, () -> launch(launcher));
  }

  private void launch(Launcher launcher) {
    mark(0);
    for (int i = 0; i + 1 < marks.length; i++) {
      launcher.launchAlone(i);
      mark(i + 1);
    }
  }

  private void mark(int index) {
    CudaCheck.driver(
        JCudaDriver.cuEventRecordWithFlags(
            marks[index], device.stream(), CUevent_record_flags.CU_EVENT_RECORD_EXTERNAL),
        "marking a time");
  }

  void run(long[] starts, long[] nanos) {
    long start = System.nanoTime();
    graph.launch();
    device.synchronize("timing a program");
    double passed = 0;
    float[] millis = new float[1];
    for (int i = 0; i < nanos.length; i++) {
      CudaCheck.driver(
          JCudaDriver.cuEventElapsedTime(millis, marks[i], marks[i + 1]), "reading a time");
      starts[i] = start + (long) passed;
      nanos[i] = (long) (millis[0] * NANOS_PER_MILLI);
      passed += nanos[i];
    }
  }

  @Override
  public void close() {
    graph.close();
    for (CUevent mark : marks) {
      JCudaDriver.cuEventDestroy(mark);
    }
  }
}
