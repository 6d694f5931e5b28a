package io.colubrid.runtime.config;

import com.typesafe.config.ConfigUtil;

/** How a place in a config is written: {@code model.blocks.m.mixer}, {@code layers[2].of[3]}. */
public final class ConfigPath {
  private ConfigPath() {}

  /** A key below a path; a key that is no plain word is quoted. */
  public static String key(String path, String key) {
    return join(path, ConfigUtil.joinPath(key));
  }

  /** An element of a list below a path. The only element of a list needs no number. */
  public static String element(String path, int index, int size) {
    return size == 1 ? path : path + "[" + index + "]";
  }

  static String join(String first, String second) {
    if (first.isEmpty() || second.isEmpty()) {
      return first + second;
    }
    return first + "." + second;
  }
}
