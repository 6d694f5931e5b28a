package io.colubrid.runtime.data;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Room for a batch: four I32 arrays of shape {@code [batch, length]}, row-major.
 *
 * @param ids the tokens; 0 in padding
 * @param targets the token to be predicted at each place, or {@link #NO_TARGET}
 * @param segments the number within the row of the document that a token is of, from 0; {@link
 *     #PADDING} in padding
 * @param positions the place within the segment, from 0; {@link #PADDING} in padding
 */
public record TokenBatch(
    int batch,
    int length,
    MemorySegment ids,
    MemorySegment targets,
    MemorySegment segments,
    MemorySegment positions)
    implements Batch {
  /** The target where nothing is predicted. */
  public static final int NO_TARGET = -1;

  /** The segment and the position of padding. */
  public static final int PADDING = -1;

  public TokenBatch {
    if (batch < 1 || length < 1) {
      throw new IllegalArgumentException(
          "a batch has at least one row and one token, not [%d, %d]".formatted(batch, length));
    }
    long bytes = (long) batch * length * Integer.BYTES;
    requireRoom("ids", ids, bytes);
    requireRoom("targets", targets, bytes);
    requireRoom("segments", segments, bytes);
    requireRoom("positions", positions, bytes);
  }

  private static void requireRoom(String name, MemorySegment segment, long bytes) {
    if (segment.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "%s needs %d bytes, but its segment has %d".formatted(name, bytes, segment.byteSize()));
    }
  }

  /** A batch in memory of its own, which lives as long as the arena. */
  public static TokenBatch allocate(Arena arena, int batch, int length) {
    long count = (long) batch * length;
    return new TokenBatch(
        batch,
        length,
        arena.allocate(JAVA_INT, count),
        arena.allocate(JAVA_INT, count),
        arena.allocate(JAVA_INT, count),
        arena.allocate(JAVA_INT, count));
  }

  @Override
  public MemorySegment input() {
    return ids;
  }

  /** Tokens of a batch, padding counted. */
  public long tokens() {
    return (long) batch * length;
  }
}
