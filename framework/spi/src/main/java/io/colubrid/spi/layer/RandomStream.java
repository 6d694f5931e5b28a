package io.colubrid.spi.layer;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Names a stream of random numbers. The numbers themselves come from a counter-based generator
 * (Philox 4x32-10; Salmon et al., SC 2011) keyed by the run's seed, the step and this key, so that
 * a draw can be repeated in the backward pass and does not depend on what else was drawn.
 *
 * @param key distinguishes streams of one run
 */
public record RandomStream(int key) {
  /** The stream of a name, such as a layer's path with the purpose behind it. */
  public static RandomStream named(String name) {
    CRC32C crc = new CRC32C();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    return new RandomStream((int) crc.getValue());
  }
}
