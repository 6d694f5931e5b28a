package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfigPath;
import io.colubrid.runtime.config.NearMatch;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordReader;
import io.colubrid.runtime.config.SpecReader;
import io.colubrid.runtime.config.Values;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Expands {@code layers} with its repeats and variations to one block source a layer. */
final class LayerExpansion {
  static final int MOST_LAYERS = 10_000;
  private static final String BLOCK = "block";

  private final Map<String, BlockSource> blocks;
  private final BlockReader reader;
  private final Problems problems;

  LayerExpansion(Map<String, BlockSource> blocks, BlockReader reader, Problems problems) {
    this.blocks = blocks;
    this.reader = reader;
    this.problems = problems;
  }

  List<BlockSource> expand(ConfigList layers, String path) {
    if (layers.isEmpty()) {
      problems.add(layers.origin(), path, "is empty; name at least one block");
    }
    List<BlockSource> expanded = new ArrayList<>();
    for (int i = 0; i < layers.size() && expanded.size() <= MOST_LAYERS; i++) {
      expanded.addAll(element(layers.get(i), ConfigPath.element(path, i, layers.size())));
    }
    if (expanded.size() > MOST_LAYERS) {
      problems.add(layers.origin(), path, "more than " + MOST_LAYERS + " layers");
      return List.of();
    }
    return expanded;
  }

  private List<BlockSource> element(ConfigValue element, String path) {
    if (element instanceof ConfigObject object) {
      if (object.containsKey("repeat") || object.containsKey("of")) {
        return repeated(object, path);
      }
      return object.containsKey(BLOCK) ? varied(object, path) : inPlace(object, path);
    }
    return switch (element.valueType()) {
      case STRING, NUMBER -> named(element, path);
      default -> {
        if (!Values.isReported(element)) {
          problems.add(element.origin(), path, "expected the name of a block, or an object");
        }
        yield List.of();
      }
    };
  }

  private List<BlockSource> repeated(ConfigObject object, String path) {
    Repetition repetition =
        new RecordReader(SpecReader.NONE, problems)
            .read(Repetition.class, object, Values.EMPTY, path);
    if (repetition == null) {
      // The number is wrong, but what is wrong in the blocks shall be said in the same breath.
      if (object.get("of") instanceof ConfigList of) {
        expand(of, ConfigPath.key(path, "of"));
      }
      return List.of();
    }
    List<BlockSource> once = expand(repetition.of(), ConfigPath.key(path, "of"));
    long layers = (long) repetition.repeat() * once.size();
    if (layers > MOST_LAYERS) {
      String product = repetition.repeat() + " times " + once.size() + " layers";
      problems.add(object.origin(), path, product + " are more than " + MOST_LAYERS);
      return List.of();
    }
    return once.isEmpty()
        ? once
        : Collections.nCopies(repetition.repeat(), once).stream().flatMap(List::stream).toList();
  }

  private List<BlockSource> named(ConfigValue name, String path) {
    BlockSource block = blocks.get(Values.text(name));
    if (block == null) {
      problems.add(name.origin(), path, unknown(Values.text(name)));
      return List.of();
    }
    return List.of(block);
  }

  private List<BlockSource> varied(ConfigObject object, String path) {
    ConfigValue name = object.getOrDefault(BLOCK, object);
    List<BlockSource> base = named(name, path);
    ConfigObject change = object.withoutKey(BLOCK);
    return base.stream().map(block -> vary(block, change, path)).toList();
  }

  /** A block with something changed. One that has problems is not told a second time. */
  BlockSource vary(BlockSource block, ConfigObject change, String path) {
    if (change.isEmpty() || reader.isBad(block)) {
      return block;
    }
    ConfigObject varied = Overlay.of(block.object(), change).withOrigin(change.origin());
    return new BlockSource(block.name(), path, varied);
  }

  private static List<BlockSource> inPlace(ConfigObject object, String path) {
    return List.of(new BlockSource("", path, object));
  }

  private String unknown(String name) {
    boolean several = name.contains(" ") && !blocks.containsKey(name);
    String hint = several ? "; separate blocks by commas" : NearMatch.hint(name, blocks.keySet());
    return "no block '" + name + "'" + hint;
  }
}
