package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes files as {@code torch.save} does, with whatever in them. */
final class RawPytorch {
  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private int method = ZipEntry.STORED;

  static RawPytorch of(byte[] pickle) {
    return new RawPytorch().entry("data.pkl", pickle).text("byteorder", "little");
  }

  RawPytorch entry(String name, byte[] bytes) {
    entries.put(name, bytes);
    return this;
  }

  RawPytorch text(String name, String text) {
    return entry(name, text.getBytes(StandardCharsets.UTF_8));
  }

  RawPytorch without(String name) {
    entries.remove(name);
    return this;
  }

  RawPytorch floats(String key, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return entry("data/" + key, bytes.array());
  }

  RawPytorch compressed() {
    method = ZipEntry.DEFLATED;
    return this;
  }

  Path write(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        ZipEntry header = new ZipEntry("archive/" + entry.getKey());
        CRC32 checksum = new CRC32();
        checksum.update(entry.getValue());
        header.setMethod(method);
        header.setSize(entry.getValue().length);
        header.setCrc(checksum.getValue());
        zip.putNextEntry(header);
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }
}
