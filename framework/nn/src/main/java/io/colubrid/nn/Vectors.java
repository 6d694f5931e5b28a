package io.colubrid.nn;

/** Which loops this JVM can run. That plain ones run is said once, by the engine's arithmetic. */
final class Vectors {
  private static final boolean AVAILABLE =
      !"off".equals(System.getProperty("colubrid.vector")) && vectorApiIsThere() && isWide();

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

  private static boolean isWide() {
    return VectorExpCpu.LANES >= 4;
  }

  /** The loops on vectors where the JVM has them, else plain ones. */
  static ScanKernels scan() {
    return AVAILABLE ? new VectorScanCpu() : new ScalarScan();
  }

  /** The loops on vectors where the JVM has them, else plain ones. */
  static ConvKernels conv() {
    return AVAILABLE ? new VectorConvCpu() : new ScalarConv();
  }
}
