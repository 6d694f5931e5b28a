package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfigPath;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordReader;
import io.colubrid.runtime.config.SpecReader;
import io.colubrid.runtime.config.Values;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads block sources, each once, however often it stands in the model. */
final class BlockReader {
  private final RecordReader records;
  private final Problems problems;
  private final Map<BlockSource, BlockConfig> read = new HashMap<>();
  private final Set<BlockSource> bad = new HashSet<>();

  BlockReader(SpecReader specs, Problems problems) {
    this.records = new RecordReader(specs, problems);
    this.problems = problems;
  }

  /** The named blocks of a model; all are read, so that errors in unused ones are found as well. */
  Map<String, BlockSource> named(ConfigObject blocks) {
    Map<String, BlockSource> sources = new LinkedHashMap<>();
    for (String name : Values.keysInOrder(blocks)) {
      String path = ConfigPath.key("blocks", name);
      ConfigValue value = Values.find(blocks, name);
      if (value instanceof ConfigObject object) {
        sources.put(name, new BlockSource(name, path, object));
      } else if (value != null) {
        sources.put(name, reject(value, name, path));
      }
    }
    sources.values().forEach(this::read);
    return sources;
  }

  private BlockSource reject(ConfigValue value, String name, String path) {
    if (!Values.isReported(value)) {
      problems.add(
          value.origin(), path, "expected an object with a mixer, a channel or both, or bare");
    }
    BlockSource source = new BlockSource(name, path, Values.EMPTY);
    bad.add(source);
    return source;
  }

  /** Reads a block; null if there was a problem, which was added the first time. */
  @Nullable BlockConfig read(BlockSource source) {
    if (bad.contains(source)) {
      return null;
    }
    BlockConfig known = read.get(source);
    if (known != null) {
      return known;
    }
    BlockConfig block =
        records.read(BlockConfig.class, source.object(), Values.EMPTY, source.path());
    if (block == null) {
      bad.add(source);
    } else {
      read.put(source, block);
    }
    return block;
  }

  /** Whether a block was read and had a problem. */
  boolean isBad(BlockSource source) {
    return bad.contains(source);
  }
}
