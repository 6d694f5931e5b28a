package io.colubrid.engine.machine;

import org.jspecify.annotations.Nullable;

/** Whether this JVM has vectors to compute with. */
public final class VectorApi {

  /** Set to {@code off}, it forces plain Java. */
  private static final String PROPERTY = "colubrid.vector";

  private static final String MODULE = "jdk.incubator.vector";
  private static final int NARROWEST = 128;

  private static final @Nullable String MISSING = missing();

  private VectorApi() {}

  public static boolean available() {
    return MISSING == null;
  }

  /** Why there is none, or null. */
  public static @Nullable String reasonAgainst() {
    return MISSING;
  }

  private static @Nullable String missing() {
    if ("off".equals(System.getProperty(PROPERTY))) {
      return "-D" + PROPERTY + "=off";
    }
    if (!moduleIsThere()) {
      return "module " + MODULE + " is not there (start Java with --add-modules=" + MODULE + ")";
    }
    int bits = VectorWidthCpu.bits();
    return bits < NARROWEST ? "vectors of " + bits + " bits only" : null;
  }

  /** Not asked of the boot layer: the launcher loads the module after the JVM's start. */
  private static boolean moduleIsThere() {
    try {
      Class.forName(MODULE + ".FloatVector");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
