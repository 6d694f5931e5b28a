package io.colubrid.runtime.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** IDX files of a test. */
final class IdxBytes {
  private IdxBytes() {}

  static byte[] of(int[] dimensions, byte[] content) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dimensions.length + content.length);
    buffer.put((byte) 0).put((byte) 0).put((byte) 8).put((byte) dimensions.length);
    for (int dimension : dimensions) {
      buffer.putInt(dimension);
    }
    return buffer.put(content).array();
  }

  static byte[] packed(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  /** Images of 2 × 3 whose pixels all are their index, with classes by turns. */
  static void write(Path folder, String images, String labels, int count, int classes)
      throws IOException {
    byte[] pixels = new byte[count * 6];
    byte[] ids = new byte[count];
    for (int i = 0; i < count; i++) {
      java.util.Arrays.fill(pixels, 6 * i, 6 * i + 6, (byte) i);
      ids[i] = (byte) (i % classes);
    }
    Files.write(folder.resolve(images), of(new int[] {count, 2, 3}, pixels));
    Files.write(folder.resolve(labels), of(new int[] {count}, ids));
  }
}
