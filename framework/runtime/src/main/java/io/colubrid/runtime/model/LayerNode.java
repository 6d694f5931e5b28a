package io.colubrid.runtime.model;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfiguredSpec;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.plugin.RegisteredLayer;
import io.colubrid.spi.layer.InvalidLayerException;
import java.util.List;

/**
 * A layer, stem, head or optimizer as a file configures it.
 *
 * @param path its path in the model, such as {@code layers.5.mixer}, {@code stem}; for a layer
 *     inside another one where it stands in the file
 * @param layer what its type names
 * @param config its keys, of the class {@code layer.definition().config()}
 * @param source the object in the file
 * @param place where that object stands, for messages, such as {@code model.blocks.m.mixer}
 */
public record LayerNode(
    String path, RegisteredLayer layer, Record config, ConfigObject source, String place)
    implements ConfiguredSpec {

  @Override
  public String type() {
    return layer.name();
  }

  LayerNode at(String other) {
    return new LayerNode(other, layer, config, source, place);
  }

  /** Something wrong with the layer as a whole, with its file and line. */
  public Problem problem(String message) {
    Problems located = new Problems();
    located.add(source.origin(), place, message);
    return located.list().getFirst();
  }

  /** Where the layer is written, such as {@code my.conf: 5}. */
  String where() {
    Problem here = problem("");
    String file = here.file() == null ? place : here.file();
    return here.line() > 0 ? file + ": " + here.line() : file;
  }

  /** What a factory refused, with the file and line of the key. */
  public Problem problem(InvalidLayerException invalid) {
    Problems located = new Problems().in(place);
    located.add(origin(invalid.key()), invalid.key(), String.valueOf(invalid.getMessage()));
    return located.list().getFirst();
  }

  /** Where the key was written, or what stands around it. */
  private ConfigOrigin origin(String key) {
    ConfigValue value = source;
    for (String step : keys(key)) {
      ConfigValue inner = value instanceof ConfigObject object ? object.get(step) : null;
      if (inner == null) {
        break;
      }
      value = inner;
    }
    return value.origin();
  }

  private static List<String> keys(String path) {
    try {
      return ConfigUtil.splitPath(path);
    } catch (ConfigException noPath) {
      return List.of();
    }
  }
}
