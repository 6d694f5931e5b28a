package io.colubrid.runtime.model;

import java.util.List;

/**
 * A model as configured: every layer with its path, type and config, and nothing made yet.
 * Immutable.
 *
 * @param place where the model stands in the file, such as {@code model}
 * @param config its settings, stem and head
 * @param blocks the blocks in a row
 * @param warnings what is odd but allowed, one sentence each
 */
public record ModelGraph(
    String place, ModelConfig config, List<BlockNode> blocks, List<String> warnings) {

  public ModelGraph {
    blocks = List.copyOf(blocks);
    warnings = List.copyOf(warnings);
  }

  public LayerNode stem() {
    return config.stem();
  }

  public LayerNode head() {
    return config.head();
  }
}
