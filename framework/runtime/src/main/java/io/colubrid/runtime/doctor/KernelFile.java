package io.colubrid.runtime.doctor;

import io.colubrid.engine.cuda.Fatbin;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.runtime.plugin.LayerRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Kernels of one operation in a jar or a folder of classes.
 *
 * @param name such as {@code selective_scan}
 * @param place the jar's name, or the folder
 * @param fatbin what they were compiled for; for nothing, if it cannot be read
 * @param problem why it cannot be read, else empty
 */
record KernelFile(String name, String place, Fatbin fatbin, String problem) {
  private static final String ENDING = ".fatbin";

  /** Without these nothing runs on a GPU. */
  private static final String FIRST_OF_ALL = "elementwise";

  boolean isWhole() {
    return problem.isEmpty();
  }

  /** Whether the framework's own kernels are among some. */
  static boolean haveOwn(List<KernelFile> kernels) {
    return kernels.stream().anyMatch(kernel -> kernel.name().equals(FIRST_OF_ALL));
  }

  /** Kernels of the framework's jars and of all plugins', each jar looked at once. */
  static List<KernelFile> all(LayerRegistry registry) {
    Set<Path> places = new LinkedHashSet<>();
    places.add(placeOf(Fatbin.class));
    places.add(placeOf(SelectiveScan.class));
    places.add(placeOf(KernelFile.class));
    registry.describe().forEach(layer -> places.add(layer.origin().location()));
    return places.stream().flatMap(place -> in(place).stream()).toList();
  }

  private static Path placeOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(type + " does not come from a file", e);
    }
  }

  static List<KernelFile> in(Path place) {
    try {
      return Files.isDirectory(place) ? inFolder(place) : inJar(place);
    } catch (IOException e) {
      throw new UncheckedIOException(place + " cannot be searched for kernels", e);
    }
  }

  private static List<KernelFile> inJar(Path place) throws IOException {
    List<KernelFile> found = new ArrayList<>();
    try (JarFile jar = new JarFile(place.toFile())) {
      for (JarEntry entry : jar.stream().filter(e -> e.getName().endsWith(ENDING)).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          found.add(read(Path.of(entry.getName()), place.getFileName(), in.readAllBytes()));
        }
      }
    }
    return found;
  }

  private static List<KernelFile> inFolder(Path place) throws IOException {
    List<KernelFile> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.filter(f -> f.toString().endsWith(ENDING)).sorted().toList()) {
        found.add(read(file, place, Files.readAllBytes(file)));
      }
    }
    return found;
  }

  private static KernelFile read(Path file, Path place, byte[] bytes) {
    String ended = file.getFileName().toString();
    String name = ended.substring(0, ended.length() - ENDING.length());
    try {
      return new KernelFile(name, place.toString(), Fatbin.read(bytes), "");
    } catch (IllegalArgumentException e) {
      return new KernelFile(
          name, place.toString(), new Fatbin(List.of()), String.valueOf(e.getMessage()));
    }
  }
}
