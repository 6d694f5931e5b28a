package io.colubrid.runtime.data;

import java.util.Optional;

/** Documents that are cut into tokens: text, or DNA. */
public interface TokenConfig extends DataConfig {
  /** Turns documents into tokens and back. */
  Tokenizer tokenizer();

  /** The token in front of each document, or -1 for none. */
  int documentMarker();

  /** Share of the documents to evaluate on, in [0, 1). */
  double heldOut();

  /** Decides which documents those are. */
  long splitSeed();

  @Override
  default Optional<DataShape> knownShape() {
    return Optional.of(new DataShape.Tokens(tokenizer().vocabulary()));
  }

  @Override
  TokenData open();
}
