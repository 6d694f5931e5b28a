package io.colubrid.engine.machine;

import jdk.incubator.vector.FloatVector;

/** Cannot be loaded where the module of vectors is missing. */
final class VectorWidthCpu {
  private VectorWidthCpu() {}

  static int bits() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize();
  }
}
