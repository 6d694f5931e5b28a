package io.colubrid.engine.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the matrix product, and says so once if it is not the one that was hoped for. */
final class BlasSelection {

  static final String PROPERTY = "colubrid.blas";

  private static final Logger LOG = LoggerFactory.getLogger(BlasSelection.class);
  private static final AtomicBoolean ANNOUNCED = new AtomicBoolean();

  private BlasSelection() {}

  static Blas select(WorkerPool pool) {
    String wanted = System.getProperty(PROPERTY, "");
    return switch (wanted) {
      case "java" -> {
        announce("-D" + PROPERTY + "=java: matrix products are computed in Java");
        yield new JavaGemm(pool);
      }
      case "openblas" -> new OpenBlas(pool);
      case "" -> openBlasOrJava(pool);
      default ->
          throw new IllegalArgumentException(
              "-D" + PROPERTY + " must be 'openblas' or 'java', got '" + wanted + "'");
    };
  }

  private static Blas openBlasOrJava(WorkerPool pool) {
    try {
      return new OpenBlas(pool);
    } catch (OpenBlas.UnavailableException e) {
      announce(e.getMessage() + "; matrix products are computed in Java, several times slower");
      return new JavaGemm(pool);
    }
  }

  private static void announce(String message) {
    if (ANNOUNCED.compareAndSet(false, true)) {
      LOG.warn(message);
    }
  }
}
