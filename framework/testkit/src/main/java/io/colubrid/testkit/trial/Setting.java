package io.colubrid.testkit.trial;

import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.tensor.DType;

/**
 * How a layer is run.
 *
 * @param precision F32, or F64 with the definitions of operations
 * @param bodies whether operations run by their bodies for the CPU or by their definitions
 * @param threads number of threads, the calling one among them
 * @param training whether the pass trains
 */
public record Setting(Precision precision, Recorder.Bodies bodies, int threads, boolean training) {
  /** As a model runs on this machine, on one thread. */
  public static final Setting CPU = new Setting(Precision.F32, Recorder.Bodies.FAST, 1, false);

  /** What other settings are compared with: the definitions in F64. */
  public static final Setting EXACT =
      new Setting(Precision.F64, Recorder.Bodies.REFERENCE, 1, false);

  /** The definitions in F32. */
  public static final Setting REFERENCE =
      new Setting(Precision.F32, Recorder.Bodies.REFERENCE, 1, false);

  public Setting withThreads(int number) {
    return new Setting(precision, bodies, number, training);
  }

  /** The same, as a training pass, in which dropout and capacities apply. */
  public Setting inTraining() {
    return new Setting(precision, bodies, threads, true);
  }

  public DType dtype() {
    return precision.master();
  }
}
