package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.config.ConfigFile;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plugin.LayerRegistry;
import java.nio.file.Path;

/**
 * A model of another framework, as we would write it.
 *
 * @param source the config.json it was read from
 * @param modelType what that file calls it
 * @param hocon a config file of ours with a {@code model} section, to be kept and edited
 * @param rules between its tensors and the parameters of the model
 */
public record ForeignModel(Path source, String modelType, String hocon, TensorRules rules) {
  /**
   * Reads the config as any other.
   *
   * @throws io.colubrid.runtime.config.ConfigProblemsException if no plugin brings its layers
   */
  public ModelGraph graph(LayerRegistry registry) {
    Path name = Path.of(source + " as " + modelType + ".conf");
    ConfigFile file = new ConfigReader(new NodeReader(registry)).read(name, hocon);
    Pending<ModelGraph> graph = new ModelGraphBuilder(registry).read(file);
    file.finish();
    return graph.get();
  }
}
