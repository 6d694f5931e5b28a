package io.colubrid.runtime.config;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something read from a file that may still turn out to have problems. Read all of it first, then
 * call {@link ConfigFile#finish()}, then {@link #get()}.
 */
public final class Pending<T> {
  private final @Nullable T value;
  private final String path;

  private Pending(@Nullable T value, String path) {
    this.value = value;
    this.path = path;
  }

  /** What was read at a path, or null if there were problems, which were added. */
  public static <T> Pending<T> of(@Nullable T value, String path) {
    return new Pending<>(value, path);
  }

  /** Gives it to what can find further problems, if it could be read. */
  public void ifRead(Consumer<? super T> check) {
    if (value != null) {
      check.accept(value);
    }
  }

  /**
   * @throws IllegalStateException if it could not be read; {@link ConfigFile#finish()} would have
   *     told why
   */
  public T get() {
    if (value == null) {
      throw new IllegalStateException(path + " has problems; call finish() first");
    }
    return value;
  }
}
