package io.colubrid.runtime.config;

import io.colubrid.spi.layer.LayerSpec;

/** A layer whose keys have been read. */
public interface ConfiguredSpec extends LayerSpec {
  /** Its keys. */
  Record config();
}
