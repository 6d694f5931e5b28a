package io.colubrid.runtime.conformance;

import io.colubrid.engine.device.Devices;
import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.plugin.LayerDescription;
import io.colubrid.runtime.plugin.LoadedPlugins;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.plugin.PluginProblem;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import io.colubrid.spi.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The layers that one plugin brings, to be checked one by one. */
public final class PluginCheck {
  // Line of the first key; what is wrong with the keys as a whole is told of line 1.
  private static final int FIRST_SET = 2;

  private final Path plugin;
  private final Device device;
  private final List<Path> directories;
  private final LoadedPlugins loaded;
  private final List<LayerDescription> brought;
  private final ConformanceKit kit = ConformanceKit.find();

  private PluginCheck(Path plugin, List<Path> directories, Device device) {
    this.plugin = plugin;
    this.device = device;
    this.directories = directories;
    this.loaded = PluginLoader.loadFirst(plugin, directories);
    this.brought =
        loaded.registry().describe().stream()
            .filter(layer -> !layer.origin().builtIn() && layer.origin().isPartOf(plugin))
            .toList();
  }

  /**
   * Loads a plugin.
   *
   * @param plugin a jar, or a folder with all jars of one plugin
   * @param directories plugin directories for layers inside its layers
   * @param deviceName where to check it, such as {@code cpu} or {@code cuda:0}
   * @throws io.colubrid.engine.cuda.CudaException if that is a GPU that cannot be used
   * @throws IllegalArgumentException if the plugin cannot be loaded, saying why
   */
  public static PluginCheck of(Path plugin, List<Path> directories, String deviceName) {
    Device device = Device.parse(deviceName);
    // A device that cannot be used is told once, and not as a fault of every property.
    Devices.open(device).close();
    PluginCheck check = new PluginCheck(plugin, directories, device);
    if (check.brought.isEmpty()) {
      String reasons =
          String.join("; ", check.problems().stream().map(PluginProblem::toString).toList());
      throw new IllegalArgumentException(
          reasons.isEmpty() ? plugin + " brings nothing that could be checked" : reasons);
    }
    return check;
  }

  /** What was left out while loading. */
  public List<PluginProblem> problems() {
    return loaded.problems();
  }

  /** Names of the layers that can be checked. */
  public List<String> layers() {
    return names(true);
  }

  /** What the plugin brings beside, such as {@code stem 'patches'}: the kit knows layers alone. */
  public List<String> others() {
    return names(false);
  }

  private List<String> names(boolean layers) {
    return brought.stream()
        .filter(each -> layers == (each.kind() == Kind.LAYER))
        .map(each -> layers ? each.name() : each.title())
        .toList();
  }

  /**
   * Names of properties.
   *
   * @param wanted some of them; empty for all
   * @throws IllegalArgumentException if there is no such property
   */
  public List<String> properties(List<String> wanted) {
    List<String> all = kit.properties();
    for (String name : wanted) {
      if (!all.contains(name)) {
        throw new IllegalArgumentException(
            "no property is called '%s'; there are %s".formatted(name, String.join(", ", all)));
      }
    }
    return wanted.isEmpty() ? all : wanted;
  }

  /**
   * Checks a layer; each result is found when the stream comes to it.
   *
   * @param properties what to check, such as all {@link #properties}
   * @param sets keys to check it under, each as {@code key=value}
   * @throws IllegalArgumentException if the plugin has no such layer
   * @throws ConfigProblemsException if the layer does not take the keys or the width
   */
  public Stream<PropertyResult> check(
      String layer, List<String> properties, List<String> sets, int width) {
    if (!layers().contains(layer)) {
      throw new IllegalArgumentException(
          "%s brings no layer '%s'; it brings %s"
              .formatted(plugin, layer, String.join(", ", layers())));
    }
    String keys = "\n".repeat(FIRST_SET - 1) + String.join("\n", sets);
    try {
      StandaloneLayer.build(loaded.registry(), layer, keys, StreamShape.sequence(width));
    } catch (ConfigProblemsException bad) {
      throw new ConfigProblemsException(
          bad.problems().stream().map(problem -> inWordsOf(sets, problem)).toList());
    }
    return kit.check(
        new LayerSubject(
            loaded.registry(),
            () -> PluginLoader.loadFirst(plugin, directories).registry(),
            layer,
            keys,
            width,
            device),
        properties);
  }

  /** A problem without the name and line of a file that the user never saw. */
  private static Problem inWordsOf(List<String> sets, Problem problem) {
    int set = problem.line() - FIRST_SET;
    String origin = set >= 0 && set < sets.size() ? "--set " + sets.get(set) : null;
    String advice = problem.message().startsWith("is missing") ? "; give it with --set" : "";
    return new Problem(origin, 0, problem.path(), problem.message() + advice);
  }
}
