package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file of unsigned bytes in the IDX format of MNIST: two zeros, 8 for bytes, the number of
 * dimensions, their sizes as big-endian ints, and the bytes. What ends in {@code .gz} is unpacked.
 *
 * @param dimensions sizes, the slowest first
 * @param bytes row-major
 */
record IdxFile(Path path, int[] dimensions, MemorySegment bytes) {
  private static final int UNSIGNED_BYTES = 8;
  private static final int MAGIC_BYTES = 4;
  private static final int BUFFER = 1 << 16;

  /** No packed byte stands for more bytes than this in gzip's format. */
  private static final long MOST_UNPACKED = 1032;

  /**
   * The file of that name, or of that name with {@code .gz}.
   *
   * @throws DataException if there is neither
   */
  static Path find(Path folder, String name) {
    Path plain = folder.resolve(name);
    Path packed = folder.resolve(name + ".gz");
    if (Files.exists(plain)) {
      return plain;
    }
    if (Files.exists(packed)) {
      return packed;
    }
    throw new DataException(
        "no file '%s', and none with .gz behind it; check the data's path and file names"
            .formatted(plain));
  }

  /**
   * Reads a file.
   *
   * @param ranks numbers of dimensions that it may have
   * @throws DataException if it is no such file, or is not whole
   */
  static IdxFile read(Path path, Arena arena, int... ranks) {
    boolean packed = path.toString().endsWith(".gz");
    try (InputStream file = Files.newInputStream(path);
        InputStream in =
            packed ? new GZIPInputStream(file, BUFFER) : new BufferedInputStream(file, BUFFER)) {
      long most = packed ? Files.size(path) * MOST_UNPACKED : Files.size(path);
      return new Reader(path, in, most).read(arena, ranks);
    } catch (ZipException e) {
      throw new DataException(
          "'%s' is not a whole gzip file (%s); fetch it again".formatted(path, e.getMessage()), e);
    } catch (EOFException e) {
      throw new DataException("'%s' ends too early; fetch it again".formatted(path), e);
    } catch (IOException e) {
      throw new DataException("cannot read '%s': %s".formatted(path, e), e);
    }
  }

  private record Reader(Path path, InputStream in, long most) {
    IdxFile read(Arena arena, int... ranks) throws IOException {
      byte[] magic = in.readNBytes(MAGIC_BYTES);
      int[] dimensions = new int[rank(magic, ranks)];
      long bytes = 1;
      for (int i = 0; i < dimensions.length; i++) {
        dimensions[i] = size();
        bytes = Math.multiplyExact(bytes, dimensions[i]);
        if (bytes > most) {
          throw new DataException(
              "'%s' is too short for the %s bytes that its header tells; fetch it again"
                  .formatted(path, bytes));
        }
      }
      return new IdxFile(path, dimensions, content(arena.allocate(Math.max(1, bytes)), bytes));
    }

    private int rank(byte[] magic, int... ranks) {
      boolean head =
          magic.length == MAGIC_BYTES
              && magic[0] == 0
              && magic[1] == 0
              && magic[2] == UNSIGNED_BYTES;
      if (!head || IntStream.of(ranks).noneMatch(rank -> rank == magic[3])) {
        throw new DataException(
            "'%s' does not begin as an IDX file of unsigned bytes with %s dimension(s): expected 00 00 08 0%d, found %s"
                .formatted(
                    path,
                    Arrays.toString(ranks).replaceAll("[\\[\\]]", "").replace(", ", " or "),
                    ranks[0],
                    HexFormat.ofDelimiter(" ").formatHex(magic)));
      }
      return magic[3];
    }

    private int size() throws IOException {
      byte[] bytes = in.readNBytes(Integer.BYTES);
      if (bytes.length < Integer.BYTES) {
        throw new EOFException();
      }
      int size = java.nio.ByteBuffer.wrap(bytes).getInt();
      if (size < 1) {
        throw new DataException("'%s' tells a size of %d in its header".formatted(path, size));
      }
      return size;
    }

    private MemorySegment content(MemorySegment room, long bytes) throws IOException {
      byte[] buffer = new byte[BUFFER];
      long at = 0;
      while (at < bytes) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, bytes - at));
        if (count < 0) {
          throw new DataException(
              "'%s' ends after %d of the %d bytes that its header tells; fetch it again"
                  .formatted(path, at, bytes));
        }
        MemorySegment.copy(MemorySegment.ofArray(buffer), 0, room, at, count);
        at += count;
      }
      if (in.read() >= 0) {
        throw new DataException(
            "'%s' goes on behind the %d bytes that its header tells; it may be another file"
                .formatted(path, bytes));
      }
      return room.asReadOnly();
    }
  }
}
