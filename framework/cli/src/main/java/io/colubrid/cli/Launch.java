package io.colubrid.cli;

/**
 * Loads the Vector API's module, then starts the command line.
 *
 * <p>With {@code --add-modules=jdk.incubator.vector} the JVM would warn at every start that the
 * module incubates, and could not map its module graph from the class data archive. Loaded through
 * the JDK's own loader of late modules it is the same module of the boot loader, with the same
 * intrinsics. Where a JDK does not allow that, the flag still works.
 */
public final class Launch {
  private static final String VECTOR = "jdk.incubator.vector";

  private Launch() {}

  /** Starts {@link Colubrid} with {@code args}. */
  public static void main(String[] args) {
    loadVectorModule();
    Colubrid.main(args);
  }

  static void loadVectorModule() {
    if (ModuleLayer.boot().findModule(VECTOR).isPresent()) {
      return;
    }
    try {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, VECTOR);
    } catch (ReflectiveOperationException e) {
      System.err.printf(
          "colubrid: Java %s did not load %s (%s); set COLUBRID_JAVA_OPTS=--add-modules=%s%n",
          Runtime.version(), VECTOR, e, VECTOR);
    }
  }
}
