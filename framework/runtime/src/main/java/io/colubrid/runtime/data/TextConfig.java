package io.colubrid.runtime.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which text a model learns from, and how it is cut, split and packed. The keys of a config file
 * are these names in kebab-case.
 *
 * @param source {@link DataSource#EUROPARL} or {@link DataSource#PATH}
 * @param path the file or folder of {@link DataSource#PATH}; {@code ~/} is the home folder
 * @param documents what a document is, for {@link DataSource#PATH}
 * @param documentSeparator what stands between documents, for {@link DocumentUnit#SEPARATOR}
 * @param documentMarker the token in front of each document, or -1 for none
 * @param heldOut share of the documents to evaluate on, in [0, 1)
 * @param splitSeed decides which documents; apart from a run's seed, so that runs of several seeds
 *     are evaluated on the same text
 * @param heldOutBytes bytes that an evaluation predicts at most
 * @param packing how documents share a row
 * @param readAhead batches in memory, the one in use counted
 */
public record TextConfig(
    DataSource source,
    @Nullable String path,
    DocumentUnit documents,
    @Nullable String documentSeparator,
    int documentMarker,
    double heldOut,
    long splitSeed,
    long heldOutBytes,
    Packing packing,
    int readAhead)
    implements TokenConfig {
  private static final double HELD_OUT = 0.05;
  private static final long HELD_OUT_BYTES = 1L << 20;
  private static final int READ_AHEAD = 3;

  /** Europarl with the defaults. */
  public static TextConfig europarl() {
    return defaults(DataSource.EUROPARL, null);
  }

  /** A file or folder with the defaults. */
  public static TextConfig path(String path) {
    return defaults(DataSource.PATH, path);
  }

  private static TextConfig defaults(DataSource source, @Nullable String path) {
    return new TextConfig(
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

  @Override
  public Map<String, String> problems() {
    Map<String, String> problems = new LinkedHashMap<>();
    boolean files = source == DataSource.PATH;
    if (files && (path == null || path.isBlank())) {
      problems.put("path", "source = path needs the file or folder to read");
    }
    if (!files && path != null) {
      problems.put("path", "is not read unless source = path");
    }
    if (!files && documents != DocumentUnit.AUTO) {
      problems.put("documents", "can be set for source = path only");
    }
    boolean separated = documentSeparator != null && !documentSeparator.isEmpty();
    if (documents == DocumentUnit.SEPARATOR && !separated) {
      problems.put("document-separator", "documents = separator needs a string that is not empty");
    }
    if (documents != DocumentUnit.SEPARATOR && documentSeparator != null) {
      problems.put("document-separator", "is not read unless documents = separator");
    }
    if (heldOutBytes < 1) {
      problems.put("held-out-bytes", "must be at least 1, not " + heldOutBytes);
    }
    KeyChecks.share(heldOut, problems);
    KeyChecks.marker(documentMarker, problems);
    KeyChecks.readAhead(readAhead, problems);
    return problems;
  }

  @Override
  public TextConfig absolute() {
    return new TextConfig(
        source,
        DataPath.absolute(path),
        documents,
        documentSeparator,
        documentMarker,
        heldOut,
        splitSeed,
        heldOutBytes,
        packing,
        readAhead);
  }

  @Override
  public Task task() {
    return Task.tokens(Measure.lower("bits per byte", "bits / byte"));
  }

  @Override
  public String description() {
    String text = source == DataSource.EUROPARL ? "Europarl" : String.valueOf(path);
    return "Bytes of %s, documents %s, %.0f %% of them held out"
        .formatted(text, packing.name().toLowerCase(Locale.ROOT), 100 * heldOut);
  }

  @Override
  public Tokenizer tokenizer() {
    return new ByteTokenizer();
  }

  @Override
  public TokenData open() {
    requireUsable();
    Corpus corpus =
        source == DataSource.EUROPARL
            ? Corpus.europarl()
            : Corpus.open(
                DataPath.of(Objects.requireNonNull(path)),
                documents,
                Objects.requireNonNullElse(documentSeparator, ""));
    return TokenData.open(
        new TokenSource(corpus, Variation.NONE, corpus.fingerprint(), corpus::close),
        this,
        heldOutBytes);
  }
}
