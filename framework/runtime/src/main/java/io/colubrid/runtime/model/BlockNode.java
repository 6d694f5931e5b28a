package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;
import io.colubrid.runtime.config.RecordWriter;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A block of a model at its place: at least one of mixer and channel is there, or bare alone.
 *
 * @param index flat index among the model's blocks, from 0
 * @param block name of the block in the file; empty for one written in place
 * @param mixer its path is {@code layers.INDEX.mixer}
 * @param channel its path is {@code layers.INDEX.channel}
 * @param bare its path is {@code layers.INDEX.bare}
 */
public record BlockNode(
    int index,
    String block,
    @Nullable LayerNode mixer,
    @Nullable LayerNode channel,
    @Nullable LayerNode bare) {

  public String path() {
    return path(index);
  }

  /** The layers that are there, in their order. */
  public List<LayerNode> layers() {
    return Stream.of(mixer, channel, bare).filter(Objects::nonNull).toList();
  }

  static String path(int index) {
    return "layers." + index;
  }

  static BlockNode of(int index, String block, BlockConfig config) {
    String path = path(index);
    return new BlockNode(
        index,
        block,
        at(config.mixer(), path + ".mixer"),
        at(config.channel(), path + ".channel"),
        at(config.bare(), path + ".bare"));
  }

  ConfigObject write() {
    return RecordWriter.write(new BlockConfig(mixer, channel, bare));
  }

  private static @Nullable LayerNode at(@Nullable LayerNode node, String path) {
    return node == null ? null : node.at(path);
  }
}
