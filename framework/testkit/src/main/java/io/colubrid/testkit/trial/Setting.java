package io.colubrid.testkit.trial;

import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Device;

/**
 * How a layer is run.
 *
 * @param device where it is computed
 * @param precision F32, BF16 on a GPU, or F64 with the definitions of operations
 * @param bodies whether operations run by their bodies for the device or by their definitions
 * @param threads number of threads, the calling one among them
 * @param training whether the pass trains
 */
public record Setting(
    Device device, Precision precision, Recorder.Bodies bodies, int threads, boolean training) {
  /** As a model runs on this machine, on one thread. */
  public static final Setting CPU = on(Device.CPU);

  /** What other settings are compared with: the definitions in F64. */
  public static final Setting EXACT =
      new Setting(Device.CPU, Precision.F64, Recorder.Bodies.REFERENCE, 1, false);

  /** The definitions in F32. */
  public static final Setting REFERENCE =
      new Setting(Device.CPU, Precision.F32, Recorder.Bodies.REFERENCE, 1, false);

  /** As a model runs on a device in F32. */
  public static Setting on(Device device) {
    boolean cuda = device.kind() == Device.Kind.CUDA;
    Recorder.Bodies bodies = cuda ? Recorder.Bodies.CUDA : Recorder.Bodies.FAST;
    return new Setting(device, Precision.F32, bodies, 1, false);
  }

  /** Whether a GPU computes. */
  public boolean isCuda() {
    return device.kind() == Device.Kind.CUDA;
  }

  /** The same, with BF16 products and activations. */
  public Setting inBf16() {
    return new Setting(device, Precision.BF16, bodies, threads, training);
  }

  public Setting withThreads(int number) {
    return new Setting(device, precision, bodies, number, training);
  }

  /** The same, as a training pass, in which dropout and capacities apply. */
  public Setting inTraining() {
    return new Setting(device, precision, bodies, threads, true);
  }

  public DType dtype() {
    return precision.master();
  }
}
