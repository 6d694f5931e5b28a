package io.colubrid.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the host's cuBLAS and makes JCublas see it. JCublas is linked against {@code
 * libcublas.so.12}; where the host has version 13 alone, a small library of that name is loaded
 * which forwards every function to the newer one. The linker then finds it by its name, so that no
 * environment variable is needed.
 */
final class CublasLibrary {
  private static final String WANTED = "libcublas.so.12";
  private static final String NEWER = "libcublas.so.13";
  private static final String BRIDGE = "/io/colubrid/engine/cuda/" + WANTED;

  private static @Nullable String loaded;

  private CublasLibrary() {}

  /**
   * Loads cuBLAS into the process, the first time; must be called before JCublas's first use.
   *
   * @return where it was found
   * @throws CudaException if there is none, saying what to install
   */
  static synchronized String load() {
    if (loaded == null) {
      loaded = find();
    }
    return loaded;
  }

  private static String find() {
    for (String folder : folders()) {
      if (open(folder, WANTED)) {
        return folder + WANTED;
      }
    }
    for (String folder : folders()) {
      // Where the folder is not one that the linker searches, the part that it needs comes first.
      open(folder, "libcublasLt.so.13");
      if (open(folder, NEWER)) {
        loadBridge();
        return folder + NEWER;
      }
    }
    throw new CudaException(
        "neither %s nor %s was found in %s; install CUDA's toolkit, or set CUDA_HOME"
            .formatted(WANTED, NEWER, folders()));
  }

  @SuppressWarnings("restricted")
  private static boolean open(String folder, String name) {
    try {
      SymbolLookup.libraryLookup(folder + name, Arena.global());
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Folders to look in, each with a slash behind; the empty one is where the linker looks. */
  private static List<String> folders() {
    List<String> folders = new ArrayList<>();
    folders.add("");
    String home = System.getenv("CUDA_HOME");
    if (home != null) {
      folders.add(home + "/lib64/");
    }
    for (Path root : toolkits()) {
      folders.add(root + "/targets/x86_64-linux/lib/");
      folders.add(root + "/lib64/");
    }
    return folders;
  }

  /** /usr/local/cuda and its neighbours with a version in their name, the plain one first. */
  private static List<Path> toolkits() {
    try (Stream<Path> all = Files.list(Path.of("/usr/local"))) {
      return all.filter(folder -> folder.getFileName().toString().startsWith("cuda"))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  @SuppressWarnings("restricted")
  private static void loadBridge() {
    try (InputStream bytes = CublasLibrary.class.getResourceAsStream(BRIDGE)) {
      if (bytes == null) {
        throw new CudaException(
            "only %s is here, and the bridge to it is not in this build; build where there is nvcc"
                .formatted(NEWER));
      }
      Path folder = Files.createTempDirectory("colubrid-cublas");
      Path library = folder.resolve(WANTED);
      Files.copy(bytes, library, StandardCopyOption.REPLACE_EXISTING);
      System.load(library.toString());
      // What is loaded needs its file no longer.
      Files.delete(library);
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the bridge to " + NEWER + " cannot be unpacked", e);
    }
  }
}
