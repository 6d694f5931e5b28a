package io.colubrid.engine.cuda;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/** Launches recorded once from a device's stream, and replayed as one. */
final class CudaGraph implements AutoCloseable {
  private final CudaDevice device;
  private final CUgraph graph = new CUgraph();
  private final CUgraphExec executable = new CUgraphExec();

  private CudaGraph(CudaDevice device) {
    this.device = device;
  }

  /**
   * Records what is put on the device's stream; none of it runs.
   *
   * @throws CudaException if something cannot be captured; then the stream is as it was
   */
  static CudaGraph capture(CudaDevice device, Runnable launches) {
    CudaGraph captured = new CudaGraph(device);
    CudaCheck.driver(
        JCudaDriver.cuStreamBeginCapture(
            device.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "beginning a graph");
    try {
      launches.run();
    } catch (RuntimeException failed) {
      // The stream takes nothing else until the capture has ended, however it ends.
      JCudaDriver.cuStreamEndCapture(device.stream(), new CUgraph());
      throw failed;
    }
    CudaCheck.driver(
        JCudaDriver.cuStreamEndCapture(device.stream(), captured.graph), "ending a graph");
    CudaCheck.driver(captured.instantiate(), "making a graph ready");
    return captured;
  }

  /** Graphs take memory of the device too. */
  private int instantiate() {
    int result = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      device.cache().giveAllBack();
      result = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    }
    return result;
  }

  /** Whether launches can be captured. */
  static boolean captures(CudaDevice device, Runnable launches) {
    try {
      capture(device, launches).close();
      return true;
    } catch (CudaException refused) {
      return false;
    }
  }

  /** Runs what was recorded, behind what is on the stream already. */
  void launch() {
    CudaCheck.driver(JCudaDriver.cuGraphLaunch(executable, device.stream()), "launching a graph");
  }

  @Override
  public void close() {
    JCudaDriver.cuGraphExecDestroy(executable);
    JCudaDriver.cuGraphDestroy(graph);
  }
}
