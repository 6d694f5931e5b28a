package io.colubrid.testkit.cuda;

import io.colubrid.engine.cuda.CudaBackend;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The first GPU, open for the tests of a class that registers this as a static extension. They are
 * skipped, saying why, where no GPU can be used; afterwards all of its memory must have been given
 * back.
 */
public final class OpenGpu implements BeforeAllCallback, AfterAllCallback {
  private @Nullable CudaBackend backend;

  @Override
  public void beforeAll(ExtensionContext context) {
    backend = CudaTrial.open();
  }

  /** What {@link CudaTrial} runs on. */
  public CudaBackend backend() {
    return Objects.requireNonNull(backend, "there is no GPU outside of tests");
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (backend != null) {
      backend.memory().requireEmpty();
      backend.close();
    }
  }
}
