package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A safetensors file, mapped into memory: eight bytes of header length, a JSON header, and the
 * tensors' bytes without gaps. Any thread may read it.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafetensorsFile implements StoredTensors {
  /** A longer header is taken for a damaged or hostile file; the original library's limit too. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  static final int LENGTH_BYTES = Long.BYTES;

  private final Path path;
  private final Arena arena;
  private final SequencedMap<String, StoredTensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path,
      Arena arena,
      SequencedMap<String, StoredTensor> tensors,
      Map<String, String> metadata) {
    this.path = path;
    this.arena = arena;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Maps a file and checks its whole header.
   *
   * @throws CheckpointFormatException if the file breaks the format
   */
  public static SafetensorsFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      return map(path, arena);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static SafetensorsFile map(Path path, Arena arena) throws IOException {
    MemorySegment file;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      file = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
    long headerBytes = headerLength(path, file);
    MemorySegment json = file.asSlice(LENGTH_BYTES, headerBytes);
    MemorySegment data = file.asSlice(LENGTH_BYTES + headerBytes);
    SafetensorsHeader header = SafetensorsHeader.parse(path, json, data.byteSize());
    SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      MemorySegment bytes = data.asSlice(entry.begin(), entry.end() - entry.begin());
      tensors.put(entry.name(), new StoredTensor(entry.name(), entry.type(), entry.shape(), bytes));
    }
    return new SafetensorsFile(path, arena, tensors, header.metadata());
  }

  private static long headerLength(Path path, MemorySegment file) throws IOException {
    if (file.byteSize() < LENGTH_BYTES) {
      throw new CheckpointFormatException(
          path,
          "expected at least %d bytes of header length, found a file of %d bytes"
              .formatted(LENGTH_BYTES, file.byteSize()));
    }
    long length = file.get(ElementConversion.I64, 0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new CheckpointFormatException(
          path,
          "expected a header of at most %d bytes, found the length %s"
              .formatted(MAX_HEADER_BYTES, Long.toUnsignedString(length)));
    }
    if (length > file.byteSize() - LENGTH_BYTES) {
      throw new CheckpointFormatException(
          path,
          "the file is cut off: expected a header of %d bytes, found %d"
              .formatted(length, file.byteSize() - LENGTH_BYTES));
    }
    return length;
  }

  public Path path() {
    return path;
  }

  @Override
  public SequencedMap<String, StoredTensor> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
