package io.colubrid.engine.memory;

import org.jspecify.annotations.Nullable;

/** The device has no room; says what was asked for and what was live. */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfMemoryException(String name, long bytes, long liveBytes, Throwable cause) {
    super(
        "no memory for '%s' (%,d bytes) beside %,d live bytes; `colubrid plan` shows what a model needs: make the batch, length or model smaller, or set checkpoint-every"
            .formatted(name, bytes, liveBytes),
        cause);
  }

  private OutOfMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The same, beside what a plan had predicted that all of it would take. */
  public OutOfMemoryException planned(long bytes) {
    return new OutOfMemoryException(
        "%s. The plan of this run is %,d bytes in all".formatted(getMessage(), bytes), this);
  }

  /** The exception for a device that says how much it has. */
  public static OutOfMemoryException onDevice(
      String name, long bytes, long liveBytes, long freeBytes, long totalBytes) {
    return new OutOfMemoryException(
        "no memory for '%s' (%,d bytes) beside %,d live bytes; the device says that %,d of %,d bytes are free; `colubrid plan` shows what a model needs: make the batch, length or model smaller, or set checkpoint-every"
            .formatted(name, bytes, liveBytes, freeBytes, totalBytes),
        null);
  }
}
