package io.colubrid.testkit.trial;

import io.colubrid.engine.cuda.CudaBackend;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** GPUs, each opened once, since many small trials share one; they stay open with the process. */
final class OpenGpus {
  private static final Map<Integer, CudaBackend> OPEN = new ConcurrentHashMap<>();

  private OpenGpus() {}

  /** A GPU with a count of memory of its own. */
  static CudaBackend apart(int ordinal) {
    return OPEN.computeIfAbsent(ordinal, CudaBackend::new).apart();
  }
}
