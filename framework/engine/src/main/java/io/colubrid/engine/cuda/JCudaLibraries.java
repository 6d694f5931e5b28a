package io.colubrid.engine.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;

/**
 * Loads JCuda's native libraries. JCuda unpacks them into the folder for temporary files, under
 * names that all processes share: of two that start at once one loads what the other has half
 * written, and dies of it. So they are unpacked into a folder of this process alone, which is gone
 * again once they are loaded.
 */
final class JCudaLibraries {
  private static final String TEMPORARY_FILES = "java.io.tmpdir";

  private static boolean loaded;

  private JCudaLibraries() {}

  /** Loads them, the first time; cuBLAS has to be loaded before. */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    String before = System.getProperty(TEMPORARY_FILES);
    try {
      Path folder = Files.createTempDirectory("colubrid-jcuda");
      System.setProperty(TEMPORARY_FILES, folder.toString());
      try {
        JCudaDriver.setExceptionsEnabled(false);
        JCublas2.setExceptionsEnabled(false);
        loaded = true;
      } finally {
        System.setProperty(TEMPORARY_FILES, before);
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("JCuda's libraries cannot be unpacked in " + before, e);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
    Files.delete(folder);
  }
}
