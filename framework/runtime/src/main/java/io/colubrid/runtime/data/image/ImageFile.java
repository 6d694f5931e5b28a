package io.colubrid.runtime.data.image;

import io.colubrid.runtime.data.DataException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * Decodes an image file to a size: scaled so that it covers the size, each pixel the mean of the
 * area that it stands for, and cut to the size around its middle.
 */
record ImageFile(Path path) {
  private static final double RED = 0.299;
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  /**
   * The image's bytes [height, width, channels].
   *
   * @throws DataException naming the file if it cannot be decoded
   */
  byte[] decode(ImageSize size) {
    BufferedImage image = read();
    double scale =
        Math.min(
            (double) image.getWidth() / size.width(), (double) image.getHeight() / size.height());
    double left = (image.getWidth() - scale * size.width()) / 2;
    double top = (image.getHeight() - scale * size.height()) / 2;
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    byte[] bytes = new byte[Math.toIntExact(size.bytes())];
    double[] color = new double[3];
    int at = 0;
    for (int row = 0; row < size.height(); row++) {
      Span rows = Span.of(top + row * scale, scale, image.getHeight());
      for (int column = 0; column < size.width(); column++) {
        Span columns = Span.of(left + column * scale, scale, image.getWidth());
        mean(pixels, image.getWidth(), rows, columns, color);
        at = write(color, size.channels(), bytes, at);
      }
    }
    return bytes;
  }

  private BufferedImage read() {
    try {
      BufferedImage image = ImageIO.read(path.toFile());
      if (image == null) {
        throw new DataException(
            "'%s' is no image that can be read here; expected PNG, JPEG, GIF or BMP"
                .formatted(path));
      }
      return image;
    } catch (IOException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new DataException(
          "cannot read the image '%s': %s; mend it or take it away".formatted(path, e.getMessage()),
          e);
    }
  }

  /** Pixels {@code [from, to)} of an axis, the first and the last of which may count in part. */
  private record Span(int from, int to, double begin, double end) {
    static Span of(double begin, double extent, int size) {
      // A pixel that is enlarged is one point of the image, not an area.
      double end = begin + Math.max(extent, 1);
      int from = Math.clamp((long) Math.floor(begin), 0, size - 1);
      int to = Math.clamp((long) Math.ceil(end - 1e-9), from + 1, size);
      return new Span(from, to, begin, end);
    }

    double weight(int pixel) {
      return Math.max(1e-12, Math.min(end, pixel + 1) - Math.max(begin, pixel));
    }
  }

  private static void mean(int[] pixels, int width, Span rows, Span columns, double[] color) {
    double red = 0;
    double green = 0;
    double blue = 0;
    double sum = 0;
    for (int row = rows.from(); row < rows.to(); row++) {
      for (int column = columns.from(); column < columns.to(); column++) {
        double weight = rows.weight(row) * columns.weight(column);
        int pixel = pixels[row * width + column];
        red += weight * (pixel >> 16 & 0xFF);
        green += weight * (pixel >> 8 & 0xFF);
        blue += weight * (pixel & 0xFF);
        sum += weight;
      }
    }
    color[0] = red / sum;
    color[1] = green / sum;
    color[2] = blue / sum;
  }

  private static int write(double[] color, int channels, byte[] bytes, int at) {
    if (channels == 1) {
      bytes[at] = (byte) Math.round(RED * color[0] + GREEN * color[1] + BLUE * color[2]);
      return at + 1;
    }
    for (int channel = 0; channel < channels; channel++) {
      bytes[at + channel] = (byte) Math.round(color[channel]);
    }
    return at + channels;
  }
}
