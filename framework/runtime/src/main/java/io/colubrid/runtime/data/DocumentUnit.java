package io.colubrid.runtime.data;

import java.nio.charset.StandardCharsets;

/** What counts as one document of a file. A document never spans two files. */
public enum DocumentUnit {
  /** {@link #FILE} where there are several files, {@link #PARAGRAPH} where there is one. */
  AUTO,
  /** A whole file. */
  FILE,
  /** Lines up to a blank one. */
  PARAGRAPH,
  /** A line, without its end. */
  LINE,
  /** What stands between two occurrences of a given string. */
  SEPARATOR;

  Boundary boundary(String separator, int files) {
    return switch (this) {
      case AUTO -> files > 1 ? Boundary.file() : Boundary.paragraph();
      case FILE -> Boundary.file();
      case PARAGRAPH -> Boundary.paragraph();
      case LINE -> Boundary.line();
      case SEPARATOR -> {
        if (separator.isEmpty()) {
          throw new DataException(
              "documents cut at a separator need one, but it is empty; give it, or set another unit");
        }
        yield Boundary.separator(separator.getBytes(StandardCharsets.UTF_8));
      }
    };
  }
}
