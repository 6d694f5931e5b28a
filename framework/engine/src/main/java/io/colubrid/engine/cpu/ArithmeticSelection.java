package io.colubrid.engine.cpu;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses single precision with or without the Vector API, and says so once if without. */
final class ArithmeticSelection {

  /** Set to {@code off}, it forces plain Java. */
  static final String PROPERTY = "colubrid.vector";

  private static final Logger LOG = LoggerFactory.getLogger(ArithmeticSelection.class);
  private static final String MODULE = "jdk.incubator.vector";

  static final Arithmetic F32 = select();

  private ArithmeticSelection() {}

  private static Arithmetic select() {
    String reason = reasonAgainstVectors();
    if (reason == null) {
      return new VectorArithmetic();
    }
    LOG.warn("{}: f32 kernels run in plain Java, several times slower", reason);
    return new FloatArithmetic();
  }

  private static @Nullable String reasonAgainstVectors() {
    if ("off".equals(System.getProperty(PROPERTY))) {
      return "-D" + PROPERTY + "=off";
    }
    if (!vectorApiIsThere()) {
      return "module " + MODULE + " is not there (start Java with --add-modules=" + MODULE + ")";
    }
    int bits = VectorMath.SPECIES.vectorBitSize();
    return bits < 128 ? "vectors of " + bits + " bits only" : null;
  }

  /** Not asked of the boot layer: the launcher loads the module after the JVM's start. */
  private static boolean vectorApiIsThere() {
    try {
      Class.forName(MODULE + ".FloatVector");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
