package io.colubrid.runtime.model;

import org.jspecify.annotations.Nullable;

/**
 * A block as read: norm, mixer, residual; then norm, channel, residual. One of the two may be
 * absent. Or a bare layer in the place of all that.
 *
 * @param mixer what lets positions see each other
 * @param channel what works at each position
 * @param bare what stands without norm and residual
 */
record BlockConfig(
    @Nullable LayerNode mixer, @Nullable LayerNode channel, @Nullable LayerNode bare) {
  BlockConfig {
    if (mixer == null && channel == null && bare == null) {
      throw new IllegalArgumentException(
          "has neither a mixer nor a channel; write mixer { type = … } or channel { type = … }");
    }
    if (bare != null && (mixer != null || channel != null)) {
      throw new IllegalArgumentException(
          "has a bare layer beside a %s; give the bare layer a block of its own"
              .formatted(mixer != null ? "mixer" : "channel"));
    }
  }
}
