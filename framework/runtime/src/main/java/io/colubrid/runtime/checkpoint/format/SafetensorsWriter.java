package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a safetensors file: first names and shapes are gathered, then header and data are streamed
 * in one pass. The data starts at a multiple of eight bytes and the widest types come first, so
 * every tensor is aligned to its own element size. Equal input gives equal bytes.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final int CHUNK_BYTES = 1 << 22;

  /** Where a tensor's little-endian bytes are fetched from, piece by piece. */
  @FunctionalInterface
  public interface Data {
    /** Fills a segment from an offset on, in bytes. */
    void read(long offset, MemorySegment to);
  }

  private record Source(String name, StoredType type, List<Long> shape, long bytes, Data data) {}

  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  /** Adds a pair to the file's free-form {@code __metadata__}. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor whose little-endian bytes are in memory.
   *
   * @throws IllegalArgumentException if the name is taken or the bytes do not fit the shape
   */
  public SafetensorsWriter add(String name, StoredType type, List<Long> shape, MemorySegment data) {
    requireBytes(name, type, shape, data.byteSize());
    return add(
        name, type, shape, (offset, to) -> MemorySegment.copy(data, offset, to, 0, to.byteSize()));
  }

  /**
   * Adds a tensor whose bytes are fetched only when their turn comes, from a device for instance.
   *
   * @throws IllegalArgumentException if the name is taken
   */
  public SafetensorsWriter add(String name, StoredType type, List<Long> shape, Data data) {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("no tensor can be called " + name);
    }
    Source source = new Source(name, type, List.copyOf(shape), bytesOf(name, type, shape), data);
    if (sources.putIfAbsent(name, source) != null) {
      throw new IllegalArgumentException("two tensors are called " + name);
    }
    return this;
  }

  /** Writes a new file, or over an old one. For an atomic write, write to a checkpoint draft. */
  public void write(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      writeTo(channel);
    }
  }

  /** Streams the file's bytes; the channel stays open. */
  public void writeTo(WritableByteChannel channel) throws IOException {
    List<Source> ordered =
        sources.values().stream()
            .sorted(
                Comparator.comparing((Source source) -> -source.type().bytes())
                    .thenComparing(Source::name))
            .toList();
    writeFully(channel, header(ordered));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment staging = arena.allocate(CHUNK_BYTES);
      for (Source source : ordered) {
        writeData(channel, source, staging);
      }
    }
  }

  private ByteBuffer header(List<Source> ordered) {
    Map<String, Object> header = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      header.put(SafetensorsHeader.METADATA, metadata);
    }
    long offset = 0;
    for (Source source : ordered) {
      long end = Math.addExact(offset, source.bytes());
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", source.type().name());
      entry.put("shape", source.shape());
      entry.put("data_offsets", List.of(offset, end));
      header.put(source.name(), entry);
      offset = end;
    }
    byte[] json = JsonMapper.shared().writeValueAsBytes(header);
    byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return ByteBuffer.allocate(Long.BYTES + padded.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded.length)
        .put(padded)
        .flip();
  }

  private static void writeData(WritableByteChannel channel, Source source, MemorySegment staging)
      throws IOException {
    for (long at = 0; at < source.bytes(); at += CHUNK_BYTES) {
      MemorySegment chunk = staging.asSlice(0, Math.min(CHUNK_BYTES, source.bytes() - at));
      source.data().read(at, chunk);
      writeFully(channel, chunk.asByteBuffer());
    }
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void requireBytes(String name, StoredType type, List<Long> shape, long found) {
    long expected = bytesOf(name, type, shape);
    if (found != expected) {
      throw new IllegalArgumentException(
          "tensor %s: expected %d bytes for %s %s, found %d"
              .formatted(name, expected, type, shape, found));
    }
  }

  private static long bytesOf(String name, StoredType type, List<Long> shape) {
    long bytes = type.bytes();
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "tensor %s: negative extent in shape %s".formatted(name, shape));
      }
      bytes = Math.multiplyExact(bytes, extent);
    }
    return bytes;
  }
}
