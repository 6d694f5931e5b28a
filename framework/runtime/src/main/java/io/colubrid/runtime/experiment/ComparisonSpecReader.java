package io.colubrid.runtime.experiment;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.training.DataSection;
import io.colubrid.runtime.training.RunCheck;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainConfig;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/** Reads a file with a {@code compare} section. */
public final class ComparisonSpecReader {
  private static final String SECTION = "compare";

  private final LayerRegistry registry;

  public ComparisonSpecReader(LayerRegistry registry) {
    this.registry = registry;
  }

  /** Whether a file has models to compare. */
  public static boolean reads(ConfigFile file) {
    return file.has(SECTION);
  }

  /**
   * Reads a file with its {@code --set} options.
   *
   * @throws io.colubrid.runtime.config.ConfigProblemsException with everything that is wrong
   */
  public ComparisonSpec read(Path path, List<String> sets) {
    ConfigFile file = new ConfigReader(new NodeReader(registry)).read(path, sets);
    Pending<CompareConfig> compare = file.section(SECTION, CompareConfig.class);
    Pending<DataConfig> data = DataSection.read(file);
    Pending<TrainConfig> train = file.section("train", TrainConfig.class);
    Map<String, ConfigObject> changes = changes(file);
    ModelGraphBuilder builder = new ModelGraphBuilder(registry);
    SequencedMap<String, Pending<ModelGraph>> graphs = new LinkedHashMap<>();
    changes.forEach(
        (name, object) ->
            graphs.put(name, builder.read(file, SECTION + ".models." + name, object)));
    graphs.values().forEach(graph -> RunCheck.run(graph, data, train, file.problems()));
    file.finish();
    SequencedMap<String, RunSpec> models = new LinkedHashMap<>();
    graphs.forEach(
        (name, graph) -> models.put(name, new RunSpec(graph.get(), data.get(), train.get())));
    return new ComparisonSpec(compare.get(), models);
  }

  /** The models in the order in which the file has them. */
  private static Map<String, ConfigObject> changes(ConfigFile file) {
    ConfigObject section = file.object(SECTION);
    Map<String, ConfigObject> changes = new LinkedHashMap<>();
    if (section == null) {
      return changes;
    }
    ConfigValue models = section.get("models");
    if (!(models instanceof ConfigObject named) || named.isEmpty()) {
      ConfigOrigin origin = models == null ? section.origin() : models.origin();
      file.problems()
          .add(origin, SECTION + ".models", "names no model; expected models { NAME { … }, … }");
      return changes;
    }
    named.keySet().stream()
        .sorted(
            Comparator.comparingInt(
                    (String name) -> Objects.requireNonNull(named.get(name)).origin().lineNumber())
                .thenComparing(name -> name))
        .forEach(
            name -> {
              ConfigValue value = named.get(name);
              if (value instanceof ConfigObject object) {
                changes.put(name, object);
              } else if (value != null) {
                file.problems()
                    .add(
                        value.origin(),
                        SECTION + ".models." + name,
                        "expected what the model changes, such as { layers = [ … ] }");
              }
            });
    return changes;
  }
}
