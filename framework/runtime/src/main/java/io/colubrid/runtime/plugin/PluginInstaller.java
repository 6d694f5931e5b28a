package io.colubrid.runtime.plugin;

import com.google.inject.AbstractModule;
import com.google.inject.ConfigurationException;
import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.spi.Message;
import io.colubrid.runtime.config.KeyType;
import io.colubrid.runtime.config.RecordKey;
import io.colubrid.spi.plugin.BuiltFor;
import io.colubrid.spi.plugin.LayerDefinition;
import io.colubrid.spi.plugin.LayerPlugin;
import io.colubrid.spi.plugin.Spi;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Turns one plugin class into registered layers, with an injector of its own. */
final class PluginInstaller {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  private static final Logger GUICE = Logger.getLogger("com.google.inject");

  private final List<Module> services;

  static {
    // Guice logs what configure() throws with its whole stack; here it becomes a problem of one
    // line.
    GUICE.setLevel(Level.OFF);
  }

  /**
   * @param services bind what the framework offers to factories
   */
  PluginInstaller(List<Module> services) {
    this.services = services;
  }

  List<RegisteredLayer> install(ServiceLoader.Provider<LayerPlugin> provider, PluginOrigin origin)
      throws PluginException {
    Class<? extends LayerPlugin> type = provider.type();
    checkVersion(type);
    Injector injector = injector(instance(provider));
    ReferenceConf reference = ReferenceConf.of(origin.location());
    List<RegisteredLayer> layers = new ArrayList<>();
    for (LayerDefinition definition : definitions(injector, type)) {
      checkDefinition(definition);
      layers.add(
          new RegisteredLayer(
              definition,
              origin,
              type.getName(),
              reference.defaults(definition),
              factory(injector, definition)));
    }
    return layers;
  }

  private static void checkVersion(Class<?> plugin) throws PluginException {
    BuiltFor built = plugin.getAnnotation(BuiltFor.class);
    if (built == null) {
      throw new PluginException(
          plugin.getName() + " does not say what it is built for; add @BuiltFor(Spi.VERSION)");
    }
    if (built.value() != Spi.VERSION) {
      String advice =
          built.value() > Spi.VERSION
              ? "; use a newer Colubrid, or an older release of the plugin"
              : "; compile the plugin again";
      throw new PluginException(
          "built for version "
              + built.value()
              + " of the spi, but this is "
              + Spi.VERSION
              + advice);
    }
  }

  private static LayerPlugin instance(ServiceLoader.Provider<LayerPlugin> provider)
      throws PluginException {
    String constructor = "the constructor of " + provider.type().getName();
    try {
      return provider.get();
    } catch (ServiceConfigurationError failed) {
      Throwable cause = failed.getCause();
      throw PluginException.thrown(constructor, cause == null ? failed : cause);
    } catch (LinkageError missing) {
      throw PluginException.thrown(constructor, missing);
    }
  }

  private Injector injector(LayerPlugin plugin) throws PluginException {
    List<Module> modules = new ArrayList<>(services);
    modules.add(new NoLayers());
    modules.add(plugin);
    try {
      return Guice.createInjector(Stage.PRODUCTION, modules);
    } catch (CreationException failed) {
      throw failure(plugin.getClass().getName(), failed.getErrorMessages());
    } catch (LinkageError | RuntimeException failed) {
      throw PluginException.thrown(plugin.getClass().getName(), failed);
    }
  }

  private static List<LayerDefinition> definitions(Injector injector, Class<?> plugin)
      throws PluginException {
    Set<LayerDefinition> bound = injector.getInstance(Key.get(new TypeLiteral<>() {}));
    if (bound.isEmpty()) {
      throw new PluginException(plugin.getName() + " binds no layer");
    }
    return bound.stream()
        .sorted(Comparator.comparing(LayerDefinition::kind).thenComparing(LayerDefinition::name))
        .toList();
  }

  private static void checkDefinition(LayerDefinition definition) throws PluginException {
    String word = LayerRegistry.word(definition.kind());
    if (!NAME.matcher(definition.name()).matches()) {
      throw new PluginException(
          "the name of "
              + word
              + " '"
              + definition.name()
              + "' must be in kebab case, such as my-layer");
    }
    Class<?> config = definition.config();
    if (!config.isRecord() || !Modifier.isPublic(config.getModifiers())) {
      throw new PluginException(
          "the config "
              + config.getName()
              + " of "
              + word
              + " '"
              + definition.name()
              + "' must be a public record");
    }
    try {
      RecordKey.of(definition.config()).forEach(key -> KeyType.of(key.type()));
    } catch (IllegalArgumentException unreadable) {
      throw new PluginException(config.getName() + ": " + unreadable.getMessage());
    }
  }

  private static Object factory(Injector injector, LayerDefinition definition)
      throws PluginException {
    String doing = "the factory of " + definition.name();
    try {
      return injector.getInstance(definition.factory());
    } catch (ProvisionException failed) {
      throw failure(doing, failed.getErrorMessages());
    } catch (ConfigurationException failed) {
      throw failure(doing, failed.getErrorMessages());
    } catch (LinkageError failed) {
      throw PluginException.thrown(doing, failed);
    }
  }

  private static PluginException failure(String doing, Collection<Message> messages) {
    Throwable cause = messages.stream().findFirst().map(Message::getCause).orElse(null);
    if (cause != null) {
      return PluginException.thrown(doing, cause);
    }
    return new PluginException(
        doing
            + ": "
            + messages.stream().map(Message::getMessage).collect(Collectors.joining("; ")));
  }

  /** Declares the set of layers, so that a plugin which binds none is told so plainly. */
  private static final class NoLayers extends AbstractModule {
    @Override
    protected void configure() {
      Multibinder.newSetBinder(binder(), LayerDefinition.class);
    }
  }
}
