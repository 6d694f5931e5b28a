package io.colubrid.runtime.training;

import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plugin.LayerRegistry;
import java.nio.file.Path;
import java.util.List;

/** Reads what a run needs of a config file. */
public final class RunSpecReader {
  private final LayerRegistry registry;

  public RunSpecReader(LayerRegistry registry) {
    this.registry = registry;
  }

  /**
   * Reads a file with its {@code --set} options.
   *
   * @throws io.colubrid.runtime.config.ConfigProblemsException with everything that is wrong
   */
  public RunSpec read(Path path, List<String> sets) {
    return read(new ConfigReader(new NodeReader(registry)).read(path, sets));
  }

  /** Reads the text of a file that comes with the program, under a name for messages. */
  public RunSpec read(Path name, String text) {
    return read(new ConfigReader(new NodeReader(registry)).read(name, text));
  }

  private RunSpec read(ConfigFile file) {
    Pending<ModelGraph> graph = new ModelGraphBuilder(registry).read(file);
    Pending<DataConfig> data = DataSection.read(file);
    Pending<TrainConfig> train = file.section("train", TrainConfig.class);
    RunCheck.run(graph, data, train, file.problems());
    file.finish();
    return new RunSpec(graph.get(), data.get(), train.get());
  }
}
