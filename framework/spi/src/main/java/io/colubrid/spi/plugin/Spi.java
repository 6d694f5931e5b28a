package io.colubrid.spi.plugin;

/** The version of this interface between framework and plugins. */
public final class Spi {
  /**
   * Raised when a change breaks plugins. It is a compile-time constant, so a plugin's
   * {@code @BuiltFor(Spi.VERSION)} keeps the version that the plugin was compiled against.
   */
  public static final int VERSION = 1;

  private Spi() {}
}
