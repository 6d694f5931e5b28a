package io.colubrid.runtime.verify;

import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a reference was computed of, and what its loss was asked about. */
sealed interface OracleInput {
  /**
   * Type of the model's input.
   *
   * @param floating of real numbers, if it takes such
   */
  TensorType type(DType floating);

  /** Fills an input of that type. */
  void write(MemorySegment input, DType floating);

  TensorType targetType();

  /** Row by row; −1 for none. */
  int[] targets();

  /**
   * Rows of tokens; the target of each position is the next.
   *
   * @param ids row by row
   * @param shape [batch, length]
   */
  record Tokens(int[] ids, Shape shape) implements OracleInput {
    private static final int NO_TARGET = -1;

    @Override
    public TensorType type(DType floating) {
      return new TensorType(DType.I32, shape);
    }

    @Override
    public void write(MemorySegment input, DType floating) {
      MemorySegment.copy(ids, 0, input, ValueLayout.JAVA_INT, 0, ids.length);
    }

    @Override
    public TensorType targetType() {
      return new TensorType(DType.I32, shape);
    }

    @Override
    public int[] targets() {
      int length = Math.toIntExact(shape.dim(1));
      int[] targets = new int[ids.length];
      for (int i = 0; i < targets.length; i++) {
        targets[i] = (i + 1) % length == 0 ? NO_TARGET : ids[i + 1];
      }
      return targets;
    }
  }

  /**
   * Images with a class each.
   *
   * @param pixels [batch, height, width, channels]
   * @param labels [batch]
   */
  record Images(double[] pixels, Shape shape, int[] labels) implements OracleInput {

    /** Turns images [batch, channels, height, width] over. */
    static Images of(StoredTensor images, int[] labels) {
      long[] from = images.shape().stream().mapToLong(Long::longValue).toArray();
      Shape shape = Shape.of(from[0], from[2], from[3], from[1]);
      double[] planes = images.toDoubles();
      double[] pixels = new double[planes.length];
      int channels = Math.toIntExact(from[1]);
      int plane = Math.toIntExact(from[2] * from[3]);
      for (int i = 0; i < pixels.length; i++) {
        int image = i / (plane * channels);
        int place = i / channels % plane;
        pixels[i] = planes[(image * channels + i % channels) * plane + place];
      }
      return new Images(pixels, shape, labels);
    }

    @Override
    public TensorType type(DType floating) {
      return new TensorType(floating, shape);
    }

    @Override
    public void write(MemorySegment input, DType floating) {
      for (int i = 0; i < pixels.length; i++) {
        if (floating == DType.F64) {
          input.setAtIndex(ValueLayout.JAVA_DOUBLE, i, pixels[i]);
        } else {
          input.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) pixels[i]);
        }
      }
    }

    @Override
    public TensorType targetType() {
      return TensorType.i32(labels.length);
    }

    @Override
    public int[] targets() {
      return labels;
    }
  }
}
