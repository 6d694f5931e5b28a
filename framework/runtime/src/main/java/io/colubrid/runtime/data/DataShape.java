package io.colubrid.runtime.data;

import io.colubrid.spi.tensor.TensorType;

/** What batches look like to the ends of a model. */
public sealed interface DataShape {
  /** What the stem must take. */
  TensorType input(long batch, long length);

  /** What the head must take as targets. */
  TensorType target(long batch, long length);

  /** The data in words, such as "tokens", or "images of 28 × 28 with 1 channel". */
  String words();

  /**
   * Documents of tokens.
   *
   * @param vocabulary ids are below it
   */
  record Tokens(int vocabulary) implements DataShape {
    @Override
    public TensorType input(long batch, long length) {
      return TensorType.i32(batch, length);
    }

    @Override
    public TensorType target(long batch, long length) {
      return TensorType.i32(batch, length);
    }

    @Override
    public String words() {
      return "tokens";
    }
  }

  /** Images, each of one of several classes. */
  record Images(int height, int width, int channels, int classes) implements DataShape {
    @Override
    public TensorType input(long batch, long length) {
      return TensorType.f32(batch, height, width, channels);
    }

    @Override
    public TensorType target(long batch, long length) {
      return TensorType.i32(batch);
    }

    @Override
    public String words() {
      return "images of %d × %d with %d channel%s in %d classes"
          .formatted(height, width, channels, channels == 1 ? "" : "s", classes);
    }
  }

  /**
   * Series of real numbers.
   *
   * @param columns numbers that are known at each time
   * @param targets numbers that are forecast for each time
   */
  record Series(int columns, int targets) implements DataShape {
    @Override
    public TensorType input(long batch, long length) {
      return TensorType.f32(batch, length, columns);
    }

    @Override
    public TensorType target(long batch, long length) {
      return TensorType.f32(batch, length, targets);
    }

    @Override
    public String words() {
      return "series of %d column%s, %d of them to forecast"
          .formatted(columns, columns == 1 ? "" : "s", targets);
    }
  }
}
