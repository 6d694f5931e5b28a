package io.colubrid.runtime.data;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked of keys that several kinds of data have. */
public final class KeyChecks {
  private static final int FEWEST_BATCHES = 2;
  private static final int MOST_BATCHES = 64;

  private KeyChecks() {}

  /**
   * {@code path} is given.
   *
   * @param missing says what should be there
   */
  public static void path(@Nullable String path, String missing, Map<String, String> problems) {
    if (path == null || path.isBlank()) {
      problems.put("path", missing);
    }
  }

  /** {@code held-out} is a share. */
  public static void share(double heldOut, Map<String, String> problems) {
    if (!(heldOut >= 0 && heldOut < 1)) {
      problems.put("held-out", "must be in [0, 1), not " + heldOut);
    }
  }

  /** {@code document-marker} is a token, or −1. */
  public static void marker(int documentMarker, Map<String, String> problems) {
    if (documentMarker < TokenDocuments.NO_MARKER) {
      problems.put("document-marker", "must be a token or -1 for none, not " + documentMarker);
    }
  }

  /** {@code read-ahead} leaves a batch to be read while another is used. */
  public static void readAhead(int readAhead, Map<String, String> problems) {
    if (readAhead < FEWEST_BATCHES || readAhead > MOST_BATCHES) {
      problems.put(
          "read-ahead",
          "must be from %d to %d, not %d".formatted(FEWEST_BATCHES, MOST_BATCHES, readAhead));
    }
  }
}
