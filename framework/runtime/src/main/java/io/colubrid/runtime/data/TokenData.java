package io.colubrid.runtime.data;

/** Documents of tokens, opened and split. */
public final class TokenData implements DataSet<TokenBatch> {
  private final TokenSource source;
  private final TokenConfig config;
  private final long heldOutLimit;
  private final Split split;

  private TokenData(TokenSource source, TokenConfig config, long heldOutLimit, Split split) {
    this.source = source;
    this.config = config;
    this.heldOutLimit = heldOutLimit;
    this.split = split;
  }

  /**
   * Splits documents, which it closes at last, or at once if they cannot be split.
   *
   * @param heldOutLimit bytes that an evaluation predicts at most
   * @throws DataException if there are too few documents to split
   */
  public static TokenData open(TokenSource source, TokenConfig config, long heldOutLimit) {
    try {
      Split split = Split.of(source.documents(), config.heldOut(), config.splitSeed());
      return new TokenData(source, config, heldOutLimit, split);
    } catch (RuntimeException | Error e) {
      source.closing().run();
      throw e;
    }
  }

  /** All documents, whichever side of the split they are on. */
  public Documents documents() {
    return source.documents();
  }

  public Split split() {
    return split;
  }

  @Override
  public DataShape shape() {
    return new DataShape.Tokens(config.tokenizer().vocabulary());
  }

  @Override
  public TokenBatches training(int length, long seed) {
    TokenDocuments documents = tokens(split.train(), source.variation());
    return new TokenBatches(documents, config.packing(), length, seed);
  }

  @Override
  public HeldOutBatches heldOut(int length) {
    TokenDocuments documents = tokens(split.heldOut(), Variation.NONE);
    return new HeldOutBatches(
        documents, config.packing(), length, heldOutLimit, config.task().measure());
  }

  private TokenDocuments tokens(Documents documents, Variation variation) {
    return new TokenDocuments(documents, config.tokenizer(), config.documentMarker(), variation);
  }

  @Override
  public long fingerprint() {
    return source.fingerprint();
  }

  @Override
  public void close() {
    source.closing().run();
  }
}
