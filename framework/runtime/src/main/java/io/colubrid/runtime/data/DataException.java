package io.colubrid.runtime.data;

import org.jspecify.annotations.Nullable;

/** The data cannot be used as asked; the message tells its user what was found and what to do. */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
