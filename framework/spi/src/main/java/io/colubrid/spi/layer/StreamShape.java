package io.colubrid.spi.layer;

import org.jspecify.annotations.Nullable;

/**
 * Shape of the stream between layers, without batch and length: tensors are [batch, length, width],
 * or [batch, height, width, channels] where there is a grid, with {@code width} channels.
 *
 * @param width features a position
 * @param grid extents of the grid of positions, or null where positions form a sequence
 */
public record StreamShape(long width, @Nullable Grid grid) {
  /** Height and width of a grid of positions. */
  public record Grid(long height, long width) {}

  public static StreamShape sequence(long width) {
    return new StreamShape(width, null);
  }

  public StreamShape withWidth(long other) {
    return new StreamShape(other, grid);
  }

  /** In words, for messages. */
  @Override
  public String toString() {
    return grid == null
        ? "a sequence with %d features".formatted(width)
        : "a grid of %d by %d with %d features".formatted(grid.height, grid.width, width);
  }
}
