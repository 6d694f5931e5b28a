package io.colubrid.engine.cpu;

import io.colubrid.engine.machine.VectorApi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses single precision with or without the Vector API, and says so once if without. */
final class ArithmeticSelection {
  private static final Logger LOG = LoggerFactory.getLogger(ArithmeticSelection.class);

  static final Arithmetic F32 = select();

  private ArithmeticSelection() {}

  private static Arithmetic select() {
    if (VectorApi.available()) {
      return new VectorArithmetic();
    }
    LOG.warn(
        "{}: f32 kernels run in plain Java, and operations that have none by their definitions,"
            + " several times slower",
        VectorApi.reasonAgainst());
    return new FloatArithmetic();
  }
}
