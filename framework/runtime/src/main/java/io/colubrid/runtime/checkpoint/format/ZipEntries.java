package io.colubrid.runtime.checkpoint.format;

import static io.colubrid.runtime.checkpoint.format.ElementConversion.I16;
import static io.colubrid.runtime.checkpoint.format.ElementConversion.I32;
import static io.colubrid.runtime.checkpoint.format.ElementConversion.I64;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The entries of a zip file as pieces of its memory, so that nothing is copied. They must be stored
 * as they are, not compressed; {@code torch.save} writes them so. Large files (zip64) are known.
 */
final class ZipEntries {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int LARGE_END = 0x06064b50;
  private static final int LARGE_LOCATOR = 0x07064b50;

  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int LARGE_END_BYTES = 56;
  private static final int LOCATOR_BYTES = 20;
  private static final int LONGEST_COMMENT = 0xFFFF;
  private static final int LARGE_FIELD = 1;
  private static final long LARGE = 0xFFFF_FFFFL;
  private static final int LARGE_COUNT = 0xFFFF;

  private final Path path;
  private final MemorySegment file;
  private final Map<String, MemorySegment> entries = new LinkedHashMap<>();

  private ZipEntries(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
  }

  /**
   * @param file all bytes of the file
   * @throws CheckpointFormatException if anything lies outside the file, overlaps or is compressed
   */
  static Map<String, MemorySegment> read(Path path, MemorySegment file) throws IOException {
    ZipEntries zip = new ZipEntries(path, file);
    try {
      zip.readDirectory();
    } catch (IndexOutOfBoundsException e) {
      throw new CheckpointFormatException(
          path, "the zip file is damaged: something in it lies beyond its end", e);
    }
    return zip.entries;
  }

  private void readDirectory() throws IOException {
    long end = findEnd();
    long count = file.get(I16, end + 10) & LARGE_COUNT;
    long at = file.get(I32, end + 16) & LARGE;
    if (count == LARGE_COUNT || at == LARGE) {
      long large = findLargeEnd(end);
      count = file.get(I64, large + 32);
      at = file.get(I64, large + 48);
    }
    if (count < 0 || count > file.byteSize() / CENTRAL_BYTES) {
      throw new CheckpointFormatException(
          path,
          "the zip file is damaged: its %d bytes cannot list %s entries"
              .formatted(file.byteSize(), Long.toUnsignedString(count)));
    }
    for (long i = 0; i < count; i++) {
      at = readEntry(at);
    }
  }

  private long findEnd() throws IOException {
    long first = Math.max(0, file.byteSize() - END_BYTES - LONGEST_COMMENT);
    for (long at = file.byteSize() - END_BYTES; at >= first; at--) {
      if (file.get(I32, at) == END) {
        return at;
      }
    }
    throw new CheckpointFormatException(
        path, "the zip file is cut off: expected its list of entries at the end, found none");
  }

  private long findLargeEnd(long end) throws IOException {
    long locator = end - LOCATOR_BYTES;
    requireSignature(locator, LARGE_LOCATOR, "the place of a large file's list of entries");
    long large = file.get(I64, locator + 8);
    requireSignature(large, LARGE_END, "a large file's list of entries");
    file.asSlice(large, LARGE_END_BYTES);
    return large;
  }

  private void requireSignature(long at, int signature, String what) throws IOException {
    if (file.get(I32, at) != signature) {
      throw new CheckpointFormatException(
          path, "the zip file is damaged: expected %s at byte %d".formatted(what, at));
    }
  }

  /** Reads an entry of the list and returns where the next one begins. */
  private long readEntry(long at) throws IOException {
    requireSignature(at, CENTRAL, "an entry of the list of entries");
    int flags = file.get(I16, at + 8);
    int method = file.get(I16, at + 10);
    long stored = file.get(I32, at + 20) & LARGE;
    long size = file.get(I32, at + 24) & LARGE;
    int nameBytes = file.get(I16, at + 28) & 0xFFFF;
    int extraBytes = file.get(I16, at + 30) & 0xFFFF;
    int commentBytes = file.get(I16, at + 32) & 0xFFFF;
    long local = file.get(I32, at + 42) & LARGE;
    String name = text(at + CENTRAL_BYTES, nameBytes);
    long extra = at + CENTRAL_BYTES + nameBytes;
    if (size == LARGE || stored == LARGE || local == LARGE) {
      long[] large = {size, stored, local};
      readLargeField(name, extra, extraBytes, large);
      size = large[0];
      stored = large[1];
      local = large[2];
    }
    if (method != 0 || stored != size || (flags & 1) != 0) {
      throw new CheckpointFormatException(
          path,
          "%s is compressed or encrypted; expected it stored as it is, as torch.save does"
              .formatted(name));
    }
    add(name, local, size);
    return extra + extraBytes + commentBytes;
  }

  /** Replaces each value that did not fit in 32 bits, in their order. */
  private void readLargeField(String name, long extra, int extraBytes, long[] values)
      throws IOException {
    long at = extra;
    while (at + 4 <= extra + extraBytes) {
      int bytes = file.get(I16, at + 2) & 0xFFFF;
      if (file.get(I16, at) == LARGE_FIELD) {
        MemorySegment field = file.asSlice(at + 4, bytes);
        long next = 0;
        for (int i = 0; i < values.length; i++) {
          if (values[i] == LARGE) {
            values[i] = field.get(I64, next);
            next += Long.BYTES;
          }
        }
        return;
      }
      at += 4 + bytes;
    }
    throw new CheckpointFormatException(
        path, "the zip file is damaged: the size of %s is missing".formatted(name));
  }

  private void add(String name, long local, long size) throws IOException {
    requireSignature(local, LOCAL, "the entry " + name);
    int nameBytes = file.get(I16, local + 26) & 0xFFFF;
    int extraBytes = file.get(I16, local + 28) & 0xFFFF;
    MemorySegment bytes = file.asSlice(local + LOCAL_BYTES + nameBytes + extraBytes, size);
    if (entries.putIfAbsent(name, bytes) != null) {
      throw new CheckpointFormatException(path, "two entries are called " + name);
    }
  }

  private String text(long at, int bytes) {
    byte[] name = file.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE);
    return new String(name, StandardCharsets.UTF_8);
  }
}
