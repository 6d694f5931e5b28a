package io.colubrid.runtime.model;

import org.jspecify.annotations.Nullable;

/**
 * A block as read: norm, mixer, residual; then norm, channel, residual. One of the two may be
 * absent.
 *
 * @param mixer what lets positions see each other
 * @param channel what works at each position
 */
record BlockConfig(@Nullable LayerNode mixer, @Nullable LayerNode channel) {
  BlockConfig {
    if (mixer == null && channel == null) {
      throw new IllegalArgumentException(
          "has neither a mixer nor a channel; write mixer { type = … } or channel { type = … }");
    }
  }
}
