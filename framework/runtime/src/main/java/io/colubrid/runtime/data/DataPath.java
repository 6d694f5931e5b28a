package io.colubrid.runtime.data;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Paths as they are written in a config file. */
public final class DataPath {
  private static final String HOME = "~/";

  private DataPath() {}

  /** The path that a text means; {@code ~/} is the home folder. */
  public static Path of(String path) {
    return path.startsWith(HOME)
        ? Path.of(System.getProperty("user.home"), path.substring(HOME.length()))
        : Path.of(path);
  }

  /** The same path for those who stand in another folder; null stays null. */
  public static @Nullable String absolute(@Nullable String path) {
    boolean fixed = path == null || path.isBlank() || path.startsWith(HOME);
    return fixed ? path : Path.of(path).toAbsolutePath().normalize().toString();
  }
}
