package io.colubrid.runtime.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The files a path stands for: itself, or all files below it in the order of their names, without
 * hidden ones and empty ones. What ends in {@code .gz} is unpacked into the cache.
 */
final class SourceFiles {
  /** Linux lets a process have 65,530 maps; above this many files only the long ones take one. */
  private static final int MAPPED_FILES = 8192;

  private static final long ALWAYS_MAPPED_BYTES = 1L << 20;
  private static final int UNPACK_BUFFER = 1 << 16;

  private final CacheFolder cache;

  SourceFiles(CacheFolder cache) {
    this.cache = cache;
  }

  /**
   * @param maps owner of the files' mappings
   * @throws DataException if the path is missing, unreadable, or holds no byte of text
   */
  List<SourceFile> under(Path path, Arena maps) {
    if (!Files.exists(path)) {
      throw new DataException(
          "no file or folder '%s' (looked for %s); check the data's path"
              .formatted(path, path.toAbsolutePath()));
    }
    List<Path> found = Files.isDirectory(path) ? walk(path) : List.of(path);
    List<SourceFile> files = new ArrayList<>();
    for (Path each : found) {
      Path plain = plain(each);
      long size = sizeOf(plain, each);
      if (size > 0) {
        boolean map = found.size() <= MAPPED_FILES || size >= ALWAYS_MAPPED_BYTES;
        files.add(new SourceFile(nameBelow(path, each), plain, size, map ? maps : null));
      }
    }
    if (files.isEmpty()) {
      throw new DataException(
          "'%s' holds no text: %s; point the data's path at a file or folder with text"
              .formatted(path, Files.isDirectory(path) ? describeEmpty(found) : "it is empty"));
    }
    return files;
  }

  private static String describeEmpty(List<Path> found) {
    return found.isEmpty()
        ? "it has no files in it, other than hidden ones"
        : "all of its %d files are empty".formatted(found.size());
  }

  private static String nameBelow(Path root, Path file) {
    return root.equals(file)
        ? String.valueOf(file.getFileName())
        : root.relativize(file).toString().replace('\\', '/');
  }

  private static List<Path> walk(Path root) {
    try (Stream<Path> all = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !isHidden(root.relativize(file)))
          .sorted(Comparator.comparing(file -> nameBelow(root, file)))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DataException(
          "cannot list the folder '%s': %s; make it readable or point the data's path elsewhere"
              .formatted(root, e.getMessage()),
          e);
    }
  }

  private static boolean isHidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static long sizeOf(Path plain, Path asked) {
    if (!Files.isReadable(plain)) {
      throw new DataException(
          "cannot read '%s'; give yourself the right to read it or move it out of the data's path"
              .formatted(asked));
    }
    try {
      return Files.size(plain);
    } catch (IOException e) {
      throw new DataException("cannot read '%s': %s".formatted(asked, e), e);
    }
  }

  private Path plain(Path file) {
    String name = String.valueOf(file.getFileName());
    if (!name.endsWith(".gz")) {
      return file;
    }
    try {
      String identity =
          file.toRealPath() + "|" + Files.size(file) + "|" + Files.getLastModifiedTime(file);
      String unpacked =
          "%s-%016x".formatted(name.substring(0, name.length() - 3), ContentHash.of(identity));
      return cache.file(unpacked, out -> unpack(file, out));
    } catch (IOException e) {
      throw new DataException("cannot read '%s': %s".formatted(file, e), e);
    }
  }

  private static void unpack(Path file, OutputStream out) throws IOException {
    try (InputStream packed = Files.newInputStream(file);
        InputStream text = new GZIPInputStream(packed, UNPACK_BUFFER)) {
      text.transferTo(out);
    } catch (ZipException | EOFException e) {
      throw new DataException(
          "'%s' is not a whole gzip file (%s); fetch it again, or rename it if it is plain text"
              .formatted(file, e.getMessage()),
          e);
    }
  }
}
