package io.colubrid.runtime.data;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One plain file of a corpus: mapped at first use, or, where maps are scarce, read range by range.
 */
final class SourceFile {
  private final String name;
  private final Path path;
  private final long size;
  private final @Nullable Arena maps;
  private @Nullable MemorySegment mapped;

  /**
   * @param name how the user knows the file, which may be a packed one
   * @param maps owner of the mapping; null to read instead
   */
  SourceFile(String name, Path path, long size, @Nullable Arena maps) {
    this.name = name;
    this.path = path;
    this.size = size;
    this.maps = maps;
  }

  String name() {
    return name;
  }

  long size() {
    return size;
  }

  /** The bytes {@code [from, from + length)}, read-only. */
  MemorySegment slice(long from, long length) {
    try {
      return maps == null ? read(from, length) : mapping(maps).asSlice(from, length);
    } catch (IOException e) {
      throw new DataException(
          "cannot read %s: %s; it must stay readable and unchanged while it is in use"
              .formatted(path, e),
          e);
    }
  }

  private synchronized MemorySegment mapping(Arena arena) throws IOException {
    if (mapped == null) {
      try (FileChannel channel = FileChannel.open(path)) {
        if (channel.size() < size) {
          throw new EOFException(
              "it has shrunk from %d bytes to %d".formatted(size, channel.size()));
        }
        mapped = channel.map(MapMode.READ_ONLY, 0, size, arena);
      }
    }
    return Objects.requireNonNull(mapped);
  }

  private MemorySegment read(long from, long length) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(length)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try (FileChannel channel = FileChannel.open(path)) {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, from + buffer.position()) < 0) {
          throw new EOFException("it has shrunk from %d bytes".formatted(size));
        }
      }
    }
    return MemorySegment.ofArray(bytes).asReadOnly();
  }
}
