package io.colubrid.runtime.plugin;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads one plugin. It sees the spi, the parts to build layers of, injection and logging of the
 * framework, and the JDK; for all else its own jars come first, so that its libraries and those of
 * the framework or of other plugins never meet. Resources are its own and the JDK's.
 */
final class PluginClassLoader extends URLClassLoader {
  private static final List<String> SHARED =
      List.of(
          "io.colubrid.spi.",
          "io.colubrid.nn.",
          "com.google.inject.",
          "jakarta.inject.",
          "org.slf4j.",
          "org.jspecify.",
          "jdk.incubator.vector.");

  private final ClassLoader framework;

  static {
    registerAsParallelCapable();
  }

  PluginClassLoader(String name, List<URL> jars, ClassLoader framework) {
    super(name, jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    this.framework = framework;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = find(name);
      if (resolve) {
        resolveClass(loaded);
      }
      return loaded;
    }
  }

  private Class<?> find(String name) throws ClassNotFoundException {
    Class<?> known = findLoadedClass(name);
    if (known != null) {
      return known;
    }
    if (SHARED.stream().anyMatch(name::startsWith)) {
      return framework.loadClass(name);
    }
    if (name.startsWith("java.")) {
      return getParent().loadClass(name);
    }
    try {
      return findClass(name);
    } catch (ClassNotFoundException notInPlugin) {
      return getParent().loadClass(name);
    }
  }

  @Override
  public @Nullable URL getResource(String name) {
    URL own = findResource(name);
    return own != null ? own : getParent().getResource(name);
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    List<URL> found = new ArrayList<>(Collections.list(findResources(name)));
    found.addAll(Collections.list(getParent().getResources(name)));
    return Collections.enumeration(found);
  }
}
