package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * The layer that the testkit tests itself with, compiled and packed as a stranger's plugin would
 * be. Its key {@code fault} plants one.
 */
final class FaultyPlugin {
  private static final Path TESTS = Path.of("../testkit/src/test");
  private static final Path PACKAGE = TESTS.resolve("java/io/colubrid/testkit");
  private static final String SERVICE = "META-INF/services/io.colubrid.spi.plugin.LayerPlugin";

  private FaultyPlugin() {}

  /** Writes {@code toy.jar} into a folder. */
  static Path jar(Path folder) throws IOException {
    Path classes = Files.createDirectory(folder.resolve("classes"));
    compile(classes);
    Path service = classes.resolve(SERVICE);
    Files.createDirectories(service.getParent());
    Files.writeString(service, "io.colubrid.testkit.ToyPlugin\n");
    Files.copy(TESTS.resolve("resources/reference.conf"), classes.resolve("reference.conf"));
    Path jar = folder.resolve("toy.jar");
    pack(classes, jar);
    return jar;
  }

  private static void compile(Path classes) throws IOException {
    List<Path> sources =
        Stream.of("ToyPlugin", "ToyLayer", "Fault", "DecayedSum", "DecayedSumCpu")
            .map(name -> PACKAGE.resolve(name + ".java"))
            .toList();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = List.of("-proc:none", "-implicit:none", "-d", classes.toString());
      assertThat(
              compiler
                  .getTask(
                      null, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
                  .call())
          .isTrue();
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(out);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, zip);
      }
    }
  }
}
