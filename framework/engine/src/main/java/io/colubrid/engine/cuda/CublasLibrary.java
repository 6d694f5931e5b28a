package io.colubrid.engine.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
public final class CublasLibrary {
  private static final String WANTED = "libcublas.so.12";
  private static final String NEWER = "libcublas.so.13";
  private static final String LIGHT = "libcublasLt.so.";
  private static final String BRIDGE = "/io/colubrid/engine/cuda/" + WANTED;
  private static final Path LOADED_FILES = Path.of("/proc/self/maps");

  private static @Nullable Found loaded;

  private CublasLibrary() {}

  /**
   * A cuBLAS that was loaded.
   *
   * @param file where it lies, as far as the system tells
   * @param version such as {@code 13.2.1}
   * @param bridged whether JCublas sees it through the bridge
   */
  public record Found(String file, String version, boolean bridged) {
    @Override
    public String toString() {
      return "%s, cuBLAS %s%s".formatted(file, version, bridged ? " through the bridge" : "");
    }
  }

  /**
   * Loads cuBLAS into the process, the first time; must be called before JCublas's first use. Loads
   * no class of JCuda.
   *
   * @throws CudaException if there is none, saying what to install
   */
  public static synchronized Found load() {
    if (loaded == null) {
      loaded = find();
    }
    return loaded;
  }

  private static Found find() {
    for (String folder : folders()) {
      NativeLibrary.open(folder + LIGHT + "12");
      NativeLibrary library = NativeLibrary.open(folder + WANTED).orElse(null);
      if (library != null) {
        return new Found(file(library), version(library), false);
      }
    }
    for (String folder : folders()) {
      // Where the folder is not one that the linker searches, the part that it needs comes first.
      NativeLibrary.open(folder + LIGHT + "13");
      NativeLibrary library = NativeLibrary.open(folder + NEWER).orElse(null);
      if (library != null) {
        loadBridge();
        return new Found(file(library), version(library), true);
      }
    }
    throw new CudaException(
        """
        neither %s nor %s was found by the linker or in %s; \
        install CUDA's toolkit, or libcublas of version 12 or 13, or set CUDA_HOME"""
            .formatted(WANTED, NEWER, String.join(", ", folders().subList(1, folders().size()))));
  }

  /** Folders to look in, each with a slash behind; the empty one is where the linker looks. */
  private static List<String> folders() {
    List<String> folders = new ArrayList<>();
    folders.add("");
    String home = System.getenv("CUDA_HOME");
    if (home != null) {
      folders.add(home + "/lib64/");
    }
    for (Path root : matching(Path.of("/usr/local"), "cuda")) {
      folders.add(root + "/targets/x86_64-linux/lib/");
      folders.add(root + "/lib64/");
    }
    folders.add("/opt/cuda/lib64/");
    for (String prefix : List.of("/usr/local/lib", "/opt/conda/lib", "/usr/lib")) {
      for (Path python : matching(Path.of(prefix), "python3")) {
        for (String packages : List.of("/dist-packages", "/site-packages")) {
          folders.add(python + packages + "/nvidia/cublas/lib/");
          folders.add(python + packages + "/nvidia/cu13/lib/");
        }
      }
    }
    return folders.stream().filter(CublasLibrary::isThere).toList();
  }

  private static boolean isThere(String folder) {
    return folder.isEmpty() || Files.isDirectory(Path.of(folder));
  }

  /** A folder's folders whose names begin so, the shortest name first. */
  private static List<Path> matching(Path folder, String beginning) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(each -> each.getFileName().toString().startsWith(beginning))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static String version(NativeLibrary library) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      List<String> parts = new ArrayList<>();
      // Its property 0 is the major version, 1 the minor one, 2 the patch level.
      for (int property = 0; property < 3; property++) {
        library.call("cublasGetProperty", property, value);
        parts.add(String.valueOf(value.get(ValueLayout.JAVA_INT, 0)));
      }
      return String.join(".", parts);
    }
  }

  /** Where a library lies that the linker found by its name alone. */
  private static String file(NativeLibrary library) {
    String name = Path.of(library.name()).getFileName().toString();
    try (Stream<String> lines = Files.lines(LOADED_FILES)) {
      return lines
          .filter(line -> line.contains("/" + name))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElse(library.name());
    } catch (IOException | UncheckedIOException e) {
      return library.name();
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
