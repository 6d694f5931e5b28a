package io.colubrid.runtime.model;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.Defaults;
import io.colubrid.runtime.config.LayerSet;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.config.RecordReader;
import io.colubrid.runtime.config.Values;
import io.colubrid.runtime.plugin.LayerRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Builds model graphs from the {@code model} section of a file and from variations of it. */
public final class ModelGraphBuilder {
  /** The section that holds the model of a file. */
  public static final String SECTION = "model";

  private final NodeReader nodes;

  public ModelGraphBuilder(LayerRegistry registry) {
    this.nodes = new NodeReader(registry);
  }

  /** The model of a file. */
  public Pending<ModelGraph> read(ConfigFile file) {
    return read(file, SECTION, null);
  }

  /**
   * The model of a file with changes laid over it.
   *
   * @param place where the changes stand, such as {@code compare.models.jamba}
   * @param changes keys as in {@code model}; null for none
   */
  public Pending<ModelGraph> read(ConfigFile file, String place, @Nullable ConfigObject changes) {
    List<LayerSet> sets = new ArrayList<>(file.layerSets(SECTION));
    if (!place.equals(SECTION)) {
      sets.addAll(file.layerSets(place));
    }
    ConfigObject base = file.object(SECTION);
    if (base == null) {
      return Pending.of(null, place);
    }
    ConfigObject model = changes == null ? base : changed(base, changes);
    return Pending.of(build(model, place, sets, file.problems()), place);
  }

  /** Indices of layers are those behind the expansion, so none reach into the list as written. */
  private static ConfigObject changed(ConfigObject base, ConfigObject changes) {
    ConfigObject model = Overlay.of(base, changes);
    ConfigValue layers = changes.get("layers");
    return layers == null ? model : model.withValue("layers", layers);
  }

  /** Builds a graph from any object; null if there were problems, which were added. */
  public @Nullable ModelGraph build(
      ConfigObject model, String place, List<LayerSet> sets, Problems problems) {
    Problems here = problems.in(place);
    ModelConfig config =
        new RecordReader(nodes, here).read(ModelConfig.class, model, Defaults.of(SECTION), "");
    List<BlockNode> blocks = new Layers(nodes, here).read(model, sets);
    if (config == null || blocks == null) {
      return null;
    }
    return new ModelGraph(place, config, blocks, unused(config, blocks));
  }

  private static List<String> unused(ModelConfig config, List<BlockNode> blocks) {
    Set<String> used = blocks.stream().map(BlockNode::block).collect(Collectors.toSet());
    return Values.keysInOrder(config.blocks()).stream()
        .filter(name -> !used.contains(name))
        .map(name -> "block '" + name + "' is not used")
        .toList();
  }
}
