package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValueFactory;
import io.colubrid.runtime.config.RecordWriter;
import io.colubrid.runtime.config.Values;
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

  /**
   * The model as a {@code model} section with every key and one element a layer, from which an
   * equal graph can be built. Changes by {@code --set} are in it.
   */
  public ConfigObject write() {
    ConfigList layers =
        ConfigValueFactory.fromIterable(blocks.stream().map(BlockNode::write).toList());
    return RecordWriter.write(config).withValue("blocks", Values.EMPTY).withValue("layers", layers);
  }

  public LayerNode stem() {
    return config.stem();
  }

  public LayerNode head() {
    return config.head();
  }
}
