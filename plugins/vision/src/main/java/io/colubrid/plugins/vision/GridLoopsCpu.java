package io.colubrid.plugins.vision;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of a depthwise convolution of grids [batch, height, width, channels], over
 * channels. Weights lie as [size, size, channels].
 */
record GridLoopsCpu(int batch, int height, int width, int channels, int size) {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  static GridLoopsCpu of(Shape grid, int size) {
    return new GridLoopsCpu(
        Math.toIntExact(grid.dim(0)),
        Math.toIntExact(grid.dim(1)),
        Math.toIntExact(grid.dim(2)),
        Math.toIntExact(grid.dim(3)),
        size);
  }

  /** First tap of an axis that lies inside the grid for a place, and the one behind the last. */
  private int firstTap(int place) {
    return Math.max(0, size / 2 - place);
  }

  private int lastTap(int place, int extent) {
    return Math.min(size, extent + size / 2 - place);
  }

  /** Computes a row of y. */
  void convolveRow(
      int row, MemorySegment x, MemorySegment weights, MemorySegment bias, MemorySegment y) {
    int i = row % height;
    for (int j = 0; j < width; j++) {
      long corner = (long) (row - size / 2) * width + j - size / 2;
      convolve(i, j, corner, x, weights, bias, y, (long) row * width + j);
    }
  }

  /**
   * @param corner index of the position under the first tap, which may lie outside
   * @param at index of the position of y
   */
  private void convolve(
      int i,
      int j,
      long corner,
      MemorySegment x,
      MemorySegment weights,
      MemorySegment bias,
      MemorySegment y,
      long at) {
    int top = firstTap(i);
    int bottom = lastTap(i, height);
    int left = firstTap(j);
    int right = lastTap(j, width);
    boolean biased = bias.address() != 0;
    int d = 0;
    for (; d + LANES <= channels; d += LANES) {
      FloatVector sum =
          biased
              ? FloatVector.fromMemorySegment(FLOATS, bias, 4L * d, ORDER)
              : FloatVector.zero(FLOATS);
      for (int r = top; r < bottom; r++) {
        for (int c = left; c < right; c++) {
          long from = 4 * ((corner + (long) r * width + c) * channels + d);
          long tap = 4L * ((r * size + c) * channels + d);
          FloatVector weight = FloatVector.fromMemorySegment(FLOATS, weights, tap, ORDER);
          sum = FloatVector.fromMemorySegment(FLOATS, x, from, ORDER).fma(weight, sum);
        }
      }
      sum.intoMemorySegment(y, 4 * (at * channels + d), ORDER);
    }
    for (; d < channels; d++) {
      float sum = biased ? bias.getAtIndex(JAVA_FLOAT, d) : 0;
      for (int r = top; r < bottom; r++) {
        for (int c = left; c < right; c++) {
          float value = x.getAtIndex(JAVA_FLOAT, (corner + (long) r * width + c) * channels + d);
          float weight = weights.getAtIndex(JAVA_FLOAT, (long) (r * size + c) * channels + d);
          sum = Math.fma(value, weight, sum);
        }
      }
      y.setAtIndex(JAVA_FLOAT, at * channels + d, sum);
    }
  }

  /**
   * Sums one image's share of the gradients of weights and, behind them, bias.
   *
   * @param to index of the share in {@code parts}
   */
  void gather(int image, MemorySegment x, MemorySegment dy, MemorySegment parts, long to) {
    long first = (long) image * height * width;
    for (int r = 0; r < size; r++) {
      for (int c = 0; c < size; c++) {
        int down = r - size / 2;
        int over = c - size / 2;
        gatherTap(first, down, over, x, dy, parts, to + (long) (r * size + c) * channels);
      }
    }
    gatherBias(first, dy, parts, to + (long) size * size * channels);
  }

  private void gatherTap(
      long first,
      int down,
      int over,
      MemorySegment x,
      MemorySegment dy,
      MemorySegment parts,
      long to) {
    int top = Math.max(0, -down);
    int bottom = Math.min(height, height - down);
    int left = Math.max(0, -over);
    int right = Math.min(width, width - over);
    long shift = 4L * (down * width + over) * channels;
    int d = 0;
    for (; d + LANES <= channels; d += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = top; i < bottom; i++) {
        for (int j = left; j < right; j++) {
          long at = 4 * ((first + (long) i * width + j) * channels + d);
          FloatVector arriving = FloatVector.fromMemorySegment(FLOATS, dy, at, ORDER);
          sum = FloatVector.fromMemorySegment(FLOATS, x, at + shift, ORDER).fma(arriving, sum);
        }
      }
      sum.intoMemorySegment(parts, 4 * (to + d), ORDER);
    }
    for (; d < channels; d++) {
      float sum = 0;
      for (int i = top; i < bottom; i++) {
        for (int j = left; j < right; j++) {
          long at = (first + (long) i * width + j) * channels + d;
          float value = x.getAtIndex(JAVA_FLOAT, at + shift / 4);
          sum = Math.fma(value, dy.getAtIndex(JAVA_FLOAT, at), sum);
        }
      }
      parts.setAtIndex(JAVA_FLOAT, to + d, sum);
    }
  }

  private void gatherBias(long first, MemorySegment dy, MemorySegment parts, long to) {
    long positions = (long) height * width;
    for (int d = 0; d < channels; d++) {
      float sum = 0;
      for (long at = first; at < first + positions; at++) {
        sum += dy.getAtIndex(JAVA_FLOAT, at * channels + d);
      }
      parts.setAtIndex(JAVA_FLOAT, to + d, sum);
    }
  }
}
