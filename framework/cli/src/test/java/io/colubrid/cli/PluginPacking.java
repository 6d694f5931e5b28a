package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles sources and packs a plugin's jar, as a stranger's build would. */
final class PluginPacking {
  private static final Path TESTKIT = Path.of("../testkit/src/test");
  private static final String SERVICE = "META-INF/services/io.colubrid.spi.plugin.LayerPlugin";

  private PluginPacking() {}

  /**
   * Writes {@code toy.jar} into a folder: the layer that the testkit tests itself with, whose key
   * {@code fault} plants one.
   */
  static Path toy(Path folder) throws IOException {
    Path sources = TESTKIT.resolve("java/io/colubrid/testkit");
    Path classes = Files.createDirectory(folder.resolve("toy"));
    compile(
        Stream.of("ToyPlugin", "ToyLayer", "Fault", "DecayedSum", "DecayedSumCpu")
            .map(name -> sources.resolve(name + ".java"))
            .toList(),
        classes);
    Path service = classes.resolve(SERVICE);
    Files.createDirectories(service.getParent());
    Files.writeString(service, "io.colubrid.testkit.ToyPlugin\n");
    Files.copy(TESTKIT.resolve("resources/reference.conf"), classes.resolve("reference.conf"));
    return pack(List.of(classes), folder.resolve("toy.jar"));
  }

  /** Compiles sources against the class path of the tests. */
  static void compile(Collection<Path> sources, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of("-proc:none", "-implicit:none", "-Xlint:all,-path", "-Werror", "-d", "" + classes);
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjectsFromPaths(sources);
      assertThat(compiler.getTask(null, files, null, options, null, units).call()).isTrue();
    }
  }

  /** Packs all files of some folders. */
  static Path pack(Collection<Path> folders, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out)) {
      for (Path folder : folders) {
        for (Path file : files(folder)) {
          zip.putNextEntry(new JarEntry(folder.relativize(file).toString()));
          Files.copy(file, zip);
        }
      }
    }
    return jar;
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
