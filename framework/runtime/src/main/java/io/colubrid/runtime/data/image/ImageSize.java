package io.colubrid.runtime.data.image;

/** Extents of an image, in pixels, and numbers of a pixel. */
record ImageSize(int height, int width, int channels) {
  /** Bytes of an image with a byte for each number. */
  long bytes() {
    return (long) height * width * channels;
  }

  @Override
  public String toString() {
    return "%d × %d with %d channel%s".formatted(height, width, channels, channels == 1 ? "" : "s");
  }
}
