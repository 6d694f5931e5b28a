package io.colubrid.nn;

/** Which loops this JVM can run. */
final class Vectors {
  private static final boolean AVAILABLE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  private Vectors() {}

  /** The loops on vectors where the JVM has the vector module, else plain ones. */
  static ScanKernels scan() {
    return AVAILABLE ? new VectorScanCpu() : new ScalarScan();
  }

  /** The loops on vectors where the JVM has the vector module, else plain ones. */
  static ConvKernels conv() {
    return AVAILABLE ? new VectorConvCpu() : new ScalarConv();
  }
}
