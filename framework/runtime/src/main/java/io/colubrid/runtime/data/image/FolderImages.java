package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.ContentHash;
import io.colubrid.runtime.data.DataException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Image files in folders, one folder a class, in the order of their names. A file is decoded when
 * it is asked for, and kept as bytes where there is room for all of them.
 */
final class FolderImages implements Images {
  private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg", "gif", "bmp");

  private static final long MOST_KEPT_BYTES = 2L << 30;

  private final Path root;
  private final ImageSize size;
  private final List<String> classes;
  private final List<Path> files;
  private final int[] labels;
  private final @Nullable MemorySegment kept;
  private final boolean[] decoded;

  private FolderImages(
      Path root,
      ImageSize size,
      List<String> classes,
      List<Path> files,
      int[] labels,
      Arena arena) {
    this.root = root;
    this.size = size;
    this.classes = classes;
    this.files = files;
    this.labels = labels;
    long bytes = size.bytes() * files.size();
    this.kept = bytes <= MOST_KEPT_BYTES ? arena.allocate(bytes) : null;
    this.decoded = new boolean[files.size()];
  }

  /** The classes of a folder: the names of the folders in it. */
  static List<String> classes(Path root) {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          "no folder '%s' (looked for %s); check the data's path"
              .formatted(root, root.toAbsolutePath()));
    }
    List<String> names =
        list(root, 1).filter(Files::isDirectory).map(FolderImages::name).sorted().toList();
    if (names.isEmpty()) {
      throw new DataException(
          "'%s' has no folders in it; expected one for each class, with its images"
              .formatted(root));
    }
    return names;
  }

  /**
   * Lists the images of a folder.
   *
   * @param classes names of the folders, in the order of the class ids
   * @throws DataException if a class has no image
   */
  static FolderImages open(Path root, List<String> classes, ImageSize size, Arena arena) {
    for (String found : classes(root)) {
      if (!classes.contains(found)) {
        throw new DataException(
            "'%s' is a class that is never trained on".formatted(root.resolve(found)));
      }
    }
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      Path folder = root.resolve(classes.get(label));
      if (!Files.isDirectory(folder)) {
        throw new DataException("no folder '%s' for this class".formatted(folder));
      }
      List<Path> found = list(folder, Integer.MAX_VALUE).filter(FolderImages::isImage).toList();
      if (found.isEmpty()) {
        throw new DataException(
            "'%s' has no image in it; expected files that end in .png, .jpg, .jpeg, .gif or .bmp"
                .formatted(folder));
      }
      files.addAll(found);
      for (int i = 0; i < found.size(); i++) {
        labels.add(label);
      }
    }
    int[] ids = labels.stream().mapToInt(Integer::intValue).toArray();
    return new FolderImages(root, size, classes, files, ids, arena);
  }

  private static Stream<Path> list(Path root, int depth) {
    try (Stream<Path> found = Files.walk(root, depth, FileVisitOption.FOLLOW_LINKS)) {
      return found
          .filter(path -> !path.equals(root) && !name(path).startsWith("."))
          .sorted()
          .toList()
          .stream();
    } catch (IOException | java.io.UncheckedIOException e) {
      throw new DataException("cannot list the folder '%s': %s".formatted(root, e.getMessage()), e);
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  private static boolean isImage(Path path) {
    String name = name(path).toLowerCase(Locale.ROOT);
    return SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(path);
  }

  @Override
  public ImageSize size() {
    return size;
  }

  @Override
  public int count() {
    return files.size();
  }

  @Override
  public int classes() {
    return classes.size();
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public MemorySegment pixels(int index) {
    return kept == null ? decode(index) : pixels(kept, index);
  }

  private synchronized MemorySegment pixels(MemorySegment all, int index) {
    MemorySegment place = all.asSlice(index * size.bytes(), size.bytes());
    if (!decoded[index]) {
      place.copyFrom(decode(index));
      decoded[index] = true;
    }
    return place.asReadOnly();
  }

  private MemorySegment decode(int index) {
    return MemorySegment.ofArray(new ImageFile(files.get(index)).decode(size));
  }

  @Override
  public long identity(int index) {
    return ContentHash.of(root.relativize(files.get(index)).toString());
  }

  @Override
  public long fingerprint() {
    long hash = ContentHash.mix(size.bytes());
    for (int i = 0; i < files.size(); i++) {
      hash = ContentHash.mix(hash ^ identity(i));
    }
    return hash;
  }
}
