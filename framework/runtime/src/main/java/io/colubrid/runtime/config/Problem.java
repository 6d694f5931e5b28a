package io.colubrid.runtime.config;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong in a config file, told to the person who wrote it.
 *
 * @param file the file as the user named it, or the {@code --set} option; null if unknown
 * @param line line in the file from 1, or 0 if there is none
 * @param path where in the config, such as {@code layers.of[3]}; may be empty
 * @param message what was expected, what was found, and what to do
 */
public record Problem(@Nullable String file, int line, String path, String message) {

  /** As shown: {@code jamba.conf: 7: layers.of[3]: no block 'mF'; did you mean 'mE'?} */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (file != null) {
      text.append(file).append(": ");
    }
    if (line > 0) {
      text.append(line).append(": ");
    }
    if (!path.isEmpty()) {
      text.append(path).append(": ");
    }
    return text.append(message).toString();
  }
}
