package io.colubrid.runtime.plugin;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.security.CodeSource;
import org.jspecify.annotations.Nullable;

/**
 * Where a plugin's classes come from.
 *
 * @param location its jar, or a folder of classes
 * @param builtIn whether it came with the class path
 * @param version the jar's Implementation-Version, or null
 */
public record PluginOrigin(Path location, boolean builtIn, @Nullable String version) {

  static PluginOrigin of(Class<?> plugin, boolean builtIn) {
    CodeSource source = plugin.getProtectionDomain().getCodeSource();
    URL url = source == null ? null : source.getLocation();
    if (url == null) {
      throw new IllegalStateException(plugin.getName() + " comes from nowhere");
    }
    String version = plugin.getPackage().getImplementationVersion();
    return new PluginOrigin(path(url), builtIn, version);
  }

  /** Name of the jar, or path of the folder. */
  public String name() {
    boolean jar = location.toString().endsWith(".jar");
    return String.valueOf(jar ? location.getFileName() : location);
  }

  /** Whether this is a plugin's jar, or one of the jars of its folder. */
  public boolean isPartOf(Path plugin) {
    Path whole = plugin.toAbsolutePath().normalize();
    Path part = location.toAbsolutePath().normalize();
    return part.equals(whole) || whole.equals(part.getParent());
  }

  @Override
  public String toString() {
    return builtIn ? name() + " (built in)" : name();
  }

  private static Path path(URL url) {
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException("not a path: " + url, impossible);
    }
  }
}
