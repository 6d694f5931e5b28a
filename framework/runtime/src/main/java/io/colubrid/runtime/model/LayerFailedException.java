package io.colubrid.runtime.model;

/** A part of a model could not be recorded. Its message begins with the part's path. */
public final class LayerFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String reason;

  LayerFailedException(String path, RuntimeException cause) {
    super(path + ": " + reason(cause), cause);
    this.path = path;
    this.reason = reason(cause);
  }

  LayerFailedException(String path, String reason) {
    super(path + ": " + reason);
    this.path = path;
    this.reason = reason;
  }

  private static String reason(RuntimeException cause) {
    String message = cause.getMessage();
    return message != null && cause.getClass().getName().startsWith("io.colubrid.spi.")
        ? message
        : String.valueOf(cause);
  }

  /** The innermost layer, such as {@code layers.5.mixer}, or stem or head. */
  public String path() {
    return path;
  }

  /** What was wrong, without the path. */
  public String reason() {
    return reason;
  }
}
