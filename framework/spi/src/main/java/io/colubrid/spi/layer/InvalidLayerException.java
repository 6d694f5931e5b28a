package io.colubrid.spi.layer;

/** A layer that cannot be built as configured. The runtime adds the file and line of the key. */
public final class InvalidLayerException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String key;

  /**
   * @param key the config key at fault, in kebab-case, such as {@code kv-heads}
   * @param message what was expected, what was found, and what to do
   */
  public InvalidLayerException(String key, String message) {
    super(message);
    this.key = key;
  }

  public String key() {
    return key;
  }
}
