package io.colubrid.runtime.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The folder of unpacked texts: {@code ~/.colubrid/cache}, or what {@code colubrid.cache} names.
 */
record CacheFolder(Path root) {
  /** The system property that moves the cache. */
  static final String PROPERTY = "colubrid.cache";

  /** Writes the content of a cached file. */
  interface Content {
    void write(OutputStream out) throws IOException;
  }

  static CacheFolder standard() {
    String moved = System.getProperty(PROPERTY);
    return new CacheFolder(
        moved != null && !moved.isBlank()
            ? Path.of(moved)
            : Path.of(System.getProperty("user.home"), ".colubrid", "cache"));
  }

  /**
   * The cached file of that name, written first if it is not there yet. It appears whole or not at
   * all, whoever else writes it at the same time.
   *
   * @throws DataException if it cannot be written
   */
  Path file(String name, Content content) {
    Path file = root.resolve(name);
    if (Files.isRegularFile(file)) {
      return file;
    }
    try {
      Files.createDirectories(root);
      Path draft = Files.createTempFile(root, name + "-", ".part");
      try {
        write(draft, content);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
      return file;
    } catch (IOException e) {
      throw new DataException(
          "cannot unpack '%s' into the cache folder %s: %s; free space there, or name another folder with -D%s=DIR"
              .formatted(name, root, e, PROPERTY),
          e);
    }
  }

  private static void write(Path draft, Content content) throws IOException {
    try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
      OutputStream out = Channels.newOutputStream(channel);
      content.write(out);
      // Without this a crash could leave a renamed file of zeros.
      channel.force(true);
    }
  }
}
