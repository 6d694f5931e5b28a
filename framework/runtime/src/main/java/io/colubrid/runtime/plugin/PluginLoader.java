package io.colubrid.runtime.plugin;

import com.google.inject.Module;
import io.colubrid.spi.plugin.LayerPlugin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds plugins on the class path and in plugin directories. A plugin that cannot be used is left
 * out as a whole, with the reason, and takes no other down. What is on the class path comes first,
 * then the directories in order, then by name; where two bring the same layer the later is left
 * out.
 */
public final class PluginLoader {
  private final ClassLoader framework = PluginLoader.class.getClassLoader();
  private final PluginInstaller installer;
  private final Map<String, RegisteredLayer> layers = new LinkedHashMap<>();
  private final List<PluginProblem> problems = new ArrayList<>();

  private PluginLoader(List<Module> services) {
    this.installer = new PluginInstaller(services);
  }

  /** Loads the plugins of the class path and of directories that must exist. */
  public static LoadedPlugins load(List<Path> directories) {
    return load(directories, List.of());
  }

  /** Loads plugins whose factories may ask for the services that the modules bind. */
  public static LoadedPlugins load(List<Path> directories, List<Module> services) {
    PluginLoader loader = new PluginLoader(services);
    loader.install(ServiceLoader.load(LayerPlugin.class, loader.framework), "class path", true);
    directories.forEach(loader::loadDirectory);
    return loader.loaded();
  }

  /**
   * Loads the plugins of the class path, then one plugin, then those of directories: what the one
   * plugin brings is not left out for a copy of it.
   *
   * @param plugin a jar, or a folder with all jars of the plugin
   */
  public static LoadedPlugins loadFirst(Path plugin, List<Path> directories) {
    PluginLoader loader = new PluginLoader(List.of());
    loader.install(ServiceLoader.load(LayerPlugin.class, loader.framework), "class path", true);
    try {
      loader.loadSource(PluginSource.of(plugin));
    } catch (IOException unreadable) {
      loader.problems.add(
          new PluginProblem(plugin.toString(), "cannot be read: " + unreadable.getMessage()));
    }
    directories.forEach(loader::loadDirectory);
    return loader.loaded();
  }

  /**
   * The layers of one plugin at hand, such as the one that a test is about, and those of the class
   * path.
   *
   * @throws IllegalArgumentException if that plugin cannot be used, saying why
   */
  public static LayerRegistry with(LayerPlugin plugin) {
    PluginLoader loader = new PluginLoader(List.of());
    loader.register(loader.attempt(new AtHand(plugin), plugin.getClass().getName(), true));
    if (!loader.problems.isEmpty()) {
      throw new IllegalArgumentException(loader.problems.getFirst().toString());
    }
    loader.install(ServiceLoader.load(LayerPlugin.class, loader.framework), "class path", true);
    return new LayerRegistry(loader.layers.values());
  }

  private record AtHand(LayerPlugin plugin) implements ServiceLoader.Provider<LayerPlugin> {
    @Override
    public Class<? extends LayerPlugin> type() {
      return plugin.getClass();
    }

    @Override
    public LayerPlugin get() {
      return plugin;
    }
  }

  private LoadedPlugins loaded() {
    return new LoadedPlugins(new LayerRegistry(layers.values()), List.copyOf(problems));
  }

  /** The user's own plugin directory, {@code ~/.colubrid/plugins}, if there is one. */
  public static Optional<Path> userDirectory() {
    Path directory = Path.of(System.getProperty("user.home"), ".colubrid", "plugins");
    return Optional.of(directory).filter(Files::isDirectory);
  }

  private void loadDirectory(Path directory) {
    if (!Files.exists(directory)) {
      problems.add(new PluginProblem(directory.toString(), "no such plugin directory"));
      return;
    }
    try {
      PluginSource.in(directory).forEach(this::loadSource);
    } catch (IOException unreadable) {
      problems.add(new PluginProblem(directory.toString(), "cannot be listed: " + unreadable));
    }
  }

  // The class loader stays open as long as the process: its layers load classes when they first
  // run.
  @SuppressWarnings("resource")
  private void loadSource(PluginSource source) {
    try {
      PluginClassLoader loader = source.open(framework);
      int found = install(ServiceLoader.load(LayerPlugin.class, loader), source.name(), false);
      if (found == 0) {
        throw new PluginException("brings no plugin: its service file names none");
      }
    } catch (PluginException bad) {
      problems.add(new PluginProblem(source.name(), bad.reason()));
    }
  }

  /** What became of one entry of a service file: a sound plugin's layers, or a problem. */
  private record Attempt(
      String name, List<RegisteredLayer> brought, @Nullable PluginProblem problem) {
    static Attempt failed(String name, String reason) {
      return new Attempt(name, List.of(), new PluginProblem(name, reason));
    }
  }

  /**
   * Installs what service files name, and answers how many plugins they name, sound or not. Each
   * has an injector of its own, so they are made side by side; what they bring is registered in
   * their order.
   */
  private int install(ServiceLoader<LayerPlugin> plugins, String source, boolean builtIn) {
    List<Supplier<Attempt>> entries = new ArrayList<>();
    Iterator<ServiceLoader.Provider<LayerPlugin>> providers = plugins.stream().iterator();
    while (true) {
      try {
        if (!providers.hasNext()) {
          break;
        }
        ServiceLoader.Provider<LayerPlugin> provider = providers.next();
        entries.add(() -> attempt(provider, source, builtIn));
      } catch (ServiceConfigurationError | LinkageError unusable) {
        entries.add(() -> Attempt.failed(source, service(unusable)));
      }
    }
    entries.parallelStream().map(Supplier::get).toList().forEach(this::register);
    return entries.size();
  }

  private Attempt attempt(
      ServiceLoader.Provider<LayerPlugin> provider, String source, boolean builtIn) {
    try {
      PluginOrigin origin = PluginOrigin.of(provider.type(), builtIn);
      String name = builtIn || source.equals(origin.name()) ? origin.toString() : source;
      try {
        return new Attempt(name, installer.install(provider, origin), null);
      } catch (PluginException bad) {
        return Attempt.failed(name, bad.reason());
      }
    } catch (ServiceConfigurationError | LinkageError unusable) {
      return Attempt.failed(source, service(unusable));
    }
  }

  private void register(Attempt attempt) {
    if (attempt.problem() != null) {
      problems.add(attempt.problem());
      return;
    }
    try {
      checkNames(attempt.brought());
      attempt.brought().forEach(layer -> layers.put(layer.title(), layer));
    } catch (PluginException bad) {
      problems.add(new PluginProblem(attempt.name(), bad.reason()));
    }
  }

  private void checkNames(List<RegisteredLayer> brought) throws PluginException {
    List<String> titles = new ArrayList<>();
    for (RegisteredLayer layer : brought) {
      RegisteredLayer other = layers.get(layer.title());
      if (other != null) {
        throw new PluginException(
            layer.title()
                + " is brought by "
                + other.origin()
                + " already; this plugin is left out");
      }
      if (titles.contains(layer.title())) {
        throw new PluginException(layer.plugin() + " binds " + layer.title() + " twice");
      }
      titles.add(layer.title());
    }
  }

  private static String service(Throwable unusable) {
    String message = String.valueOf(unusable.getMessage());
    String prefix = LayerPlugin.class.getName() + ": ";
    return "its service file leads nowhere: " + message.replace(prefix, "");
  }
}
