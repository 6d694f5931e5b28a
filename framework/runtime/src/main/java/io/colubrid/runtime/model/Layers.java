package io.colubrid.runtime.model;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.LayerSet;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.SpecReader;
import io.colubrid.runtime.config.Values;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the blocks and layers of one model. */
final class Layers {
  private final BlockReader reader;
  private final Problems problems;

  Layers(SpecReader specs, Problems problems) {
    this.reader = new BlockReader(specs, problems);
    this.problems = problems;
  }

  /** The model's blocks in a row; null if there was a problem, which was added. */
  @Nullable List<BlockNode> read(ConfigObject model, List<LayerSet> sets) {
    ConfigValue blocks = Values.find(model, "blocks");
    ConfigObject named = blocks instanceof ConfigObject object ? object : Values.EMPTY;
    LayerExpansion expansion = new LayerExpansion(reader.named(named), reader, problems);
    boolean readable = blocks == null || blocks instanceof ConfigObject;
    if (!readable || !(Values.find(model, "layers") instanceof ConfigList layers)) {
      return null;
    }
    List<BlockSource> sources = new ArrayList<>(expansion.expand(layers, "layers"));
    sets.forEach(set -> apply(set, sources, expansion));
    return nodes(sources);
  }

  private void apply(LayerSet set, List<BlockSource> sources, LayerExpansion expansion) {
    if (set.layer() < sources.size()) {
      BlockSource before = sources.get(set.layer());
      String path = BlockNode.path(set.layer());
      sources.set(set.layer(), expansion.vary(before, set.change(), path));
    } else if (!sources.isEmpty()) {
      int last = sources.size() - 1;
      set.problem(problems, "no layer " + set.layer() + "; the layers are 0 to " + last);
    }
  }

  private @Nullable List<BlockNode> nodes(List<BlockSource> sources) {
    List<BlockNode> nodes = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      BlockConfig block = reader.read(sources.get(i));
      if (block != null) {
        nodes.add(BlockNode.of(i, sources.get(i).name(), block));
      }
    }
    return nodes.size() < sources.size() || nodes.isEmpty() ? null : nodes;
  }
}
