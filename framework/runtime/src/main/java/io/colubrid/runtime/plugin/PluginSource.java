package io.colubrid.runtime.plugin;

import io.colubrid.spi.plugin.LayerPlugin;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * A jar or a folder of jars in a plugin directory.
 *
 * @param path the jar or folder
 * @param jars the jar, or the folder's jars by name
 */
record PluginSource(Path path, List<Path> jars) {
  private static final String SERVICE = "META-INF/services/" + LayerPlugin.class.getName();
  private static final String ENDING = ".jar";

  /**
   * One plugin.
   *
   * @throws IOException if there is no such jar or folder, saying so
   */
  static PluginSource of(Path plugin) throws IOException {
    if (Files.isDirectory(plugin)) {
      return folder(plugin);
    }
    if (!Files.exists(plugin)) {
      throw new IOException("there is no such jar or folder");
    }
    return new PluginSource(plugin, List.of(plugin));
  }

  /**
   * The jars of a plugin directory and its folders with jars, by name; a jar stands for itself. Of
   * other folders nothing is said: a plugin directory may well be a folder with other things in it.
   */
  static List<PluginSource> in(Path directory) throws IOException {
    if (isJar(directory)) {
      return List.of(new PluginSource(directory, List.of(directory)));
    }
    List<PluginSource> sources = new ArrayList<>();
    for (Path entry : visible(directory)) {
      if (isJar(entry)) {
        sources.add(new PluginSource(entry, List.of(entry)));
      } else if (Files.isDirectory(entry) && Files.isReadable(entry)) {
        sources.add(folder(entry));
      }
    }
    sources.removeIf(source -> source.jars().isEmpty());
    return sources;
  }

  private static PluginSource folder(Path folder) throws IOException {
    return new PluginSource(folder, visible(folder).stream().filter(PluginSource::isJar).toList());
  }

  String name() {
    return String.valueOf(path.getFileName());
  }

  /** Checks what can be told before any class is loaded, and opens a class loader. */
  PluginClassLoader open(ClassLoader framework) throws PluginException {
    if (jars.isEmpty()) {
      throw new PluginException("is a folder without jars");
    }
    boolean plugin = false;
    for (Path jar : jars) {
      plugin |= hasService(jar);
    }
    if (!plugin) {
      throw new PluginException("brings no plugin: " + SERVICE + " is missing");
    }
    List<URL> urls = new ArrayList<>();
    for (Path jar : jars) {
      urls.add(url(jar));
    }
    return new PluginClassLoader(name(), urls, framework);
  }

  private boolean hasService(Path jar) throws PluginException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.getEntry(SERVICE) != null;
    } catch (IOException broken) {
      String which = jar.equals(path) ? "is" : jar.getFileName() + " is";
      throw new PluginException(which + " not a jar that can be read: " + broken.getMessage());
    }
  }

  private static URL url(Path jar) throws PluginException {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException impossible) {
      throw new PluginException("cannot be named by a URL: " + impossible.getMessage());
    }
  }

  private static boolean isJar(Path path) {
    return path.toString().endsWith(ENDING) && Files.isRegularFile(path);
  }

  private static List<Path> visible(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(entry -> !name(entry).startsWith(".")).sorted().toList();
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
