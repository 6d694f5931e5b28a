package io.colubrid.runtime.data;

import java.nio.file.Path;
import java.util.Objects;

/**
 * The text of a {@link DataConfig}, opened and split: what a run trains on and is evaluated on.
 *
 * <p>Close it after all streams made of it.
 */
public final class TextData implements AutoCloseable {
  private final DataConfig config;
  private final Tokenizer tokenizer;
  private final Corpus corpus;
  private final Split split;

  private TextData(DataConfig config, Tokenizer tokenizer, Corpus corpus, Split split) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.corpus = corpus;
    this.split = split;
  }

  /**
   * Opens the text for a model over bytes.
   *
   * @throws DataException if the text is missing, unreadable, empty, or too little to split
   * @throws IllegalArgumentException if the config has {@link DataConfig#problems}
   */
  public static TextData open(DataConfig config) {
    return open(config, new ByteTokenizer());
  }

  /**
   * Opens the text for a model over the tokens of {@code tokenizer}; throws as {@link #open} does.
   */
  public static TextData open(DataConfig config, Tokenizer tokenizer) {
    if (!config.problems().isEmpty()) {
      throw new IllegalArgumentException("the data's config is not usable: " + config.problems());
    }
    Corpus corpus = corpusOf(config);
    try {
      Split split = Split.of(corpus, config.heldOut(), config.splitSeed());
      return new TextData(config, tokenizer, corpus, split);
    } catch (RuntimeException | Error e) {
      corpus.close();
      throw e;
    }
  }

  private static Corpus corpusOf(DataConfig config) {
    return switch (config.source()) {
      case EUROPARL -> Corpus.europarl();
      case PATH ->
          Corpus.open(
              expand(Objects.requireNonNull(config.path())),
              config.documents(),
              Objects.requireNonNullElse(config.documentSeparator(), ""));
    };
  }

  private static Path expand(String path) {
    return path.startsWith("~/")
        ? Path.of(System.getProperty("user.home"), path.substring(2))
        : Path.of(path);
  }

  public Corpus corpus() {
    return corpus;
  }

  public Split split() {
    return split;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The stream to train on, from its beginning, in rows of {@code length} tokens. */
  public TokenBatches training(int length, long seed) {
    return new TokenBatches(tokens(split.train()), config.packing(), length, seed);
  }

  /** The pass to evaluate on, in rows of {@code length} tokens. */
  public HeldOutBatches heldOut(int length) {
    return new HeldOutBatches(
        tokens(split.heldOut()), config.packing(), length, config.heldOutBytes());
  }

  private TokenDocuments tokens(Documents documents) {
    return new TokenDocuments(documents, tokenizer, config.documentMarker());
  }

  /**
   * Reads a training stream ahead in batches of {@code batch} rows, in as many buffers as the
   * config says.
   */
  public Prefetcher prefetch(TokenBatches stream, int batch) {
    return new Prefetcher(stream, batch, config.readAhead());
  }

  @Override
  public void close() {
    corpus.close();
  }
}
