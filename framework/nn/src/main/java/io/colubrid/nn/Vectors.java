package io.colubrid.nn;

/** Which loops this JVM can run. */
final class Vectors {
  private static final boolean AVAILABLE = vectorApiIsThere();

  private Vectors() {}

  /** Not asked of the boot layer: the launcher loads the module after the JVM's start. */
  private static boolean vectorApiIsThere() {
    try {
      Class.forName("jdk.incubator.vector.FloatVector");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The loops on vectors where the JVM has the vector module, else plain ones. */
  static ScanKernels scan() {
    return AVAILABLE ? new VectorScanCpu() : new ScalarScan();
  }

  /** The loops on vectors where the JVM has the vector module, else plain ones. */
  static ConvKernels conv() {
    return AVAILABLE ? new VectorConvCpu() : new ScalarConv();
  }
}
