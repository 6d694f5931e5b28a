package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.RecordWriter;
import io.colubrid.runtime.config.Values;
import io.colubrid.spi.layer.InvalidLayerException;
import io.colubrid.spi.layer.StreamShape;
import org.jspecify.annotations.Nullable;

/** The first of several layers that share weights, which the others must equal. */
final class SharedLayer {
  private static final int LONGEST_VALUES = 60;

  private final String name;
  private final LayerNode node;
  private final StreamShape input;
  private boolean made;

  SharedLayer(String name, LayerNode node, StreamShape input) {
    this.name = name;
    this.node = node;
    this.input = input;
  }

  String path() {
    return node.path();
  }

  /** Its parameters are there. */
  void made() {
    made = true;
  }

  boolean isMade() {
    return made;
  }

  /**
   * @param key what the other layer is called where it stands
   * @throws InvalidLayerException if the other one cannot have the weights of this one
   */
  void requireEqual(String key, LayerNode other, StreamShape shape) {
    String difference = difference(other, shape);
    if (!difference.isEmpty()) {
      throw new InvalidLayerException(
          key,
          "layers that share weights as '%s' must be equal, but %s %s; make them equal, or give one another name"
              .formatted(name, difference, node.where()));
    }
  }

  private String difference(LayerNode other, StreamShape shape) {
    if (!other.type().equals(node.type())) {
      return "this one is %s, and the first is %s, at".formatted(other.type(), node.type());
    }
    if (!shape.equals(input)) {
      return "the stream is %s here, and %s at".formatted(shape, input);
    }
    ConfigObject mine = RecordWriter.write(node.config());
    ConfigObject theirs = RecordWriter.write(other.config());
    for (String key : Values.keysInOrder(mine)) {
      String there = text(mine.get(key));
      String here = text(theirs.get(key));
      if (!here.equals(there)) {
        return here.length() + there.length() > LONGEST_VALUES
            ? key + " is another here than at"
            : "%s is %s here, and %s at".formatted(key, here, there);
      }
    }
    return "";
  }

  private static String text(@Nullable ConfigValue value) {
    return value == null ? "absent" : value.render(ConfigRenderOptions.concise());
  }
}
