package io.colubrid.engine.cuda;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
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
   * @throws CudaException if something cannot be captured
   */
  static CudaGraph capture(CudaDevice device, Runnable launches) {
    CudaGraph captured = new CudaGraph(device);
    CudaCheck.driver(
        JCudaDriver.cuStreamBeginCapture(
            device.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "beginning a graph");
    launches.run();
    CudaCheck.driver(
        JCudaDriver.cuStreamEndCapture(device.stream(), captured.graph), "ending a graph");
    CudaCheck.driver(
        JCudaDriver.cuGraphInstantiate(captured.executable, captured.graph, 0),
        "making a graph ready");
    return captured;
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
