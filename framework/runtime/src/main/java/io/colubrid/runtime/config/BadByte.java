package io.colubrid.runtime.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the first byte of a file that is not UTF-8. */
final class BadByte {
  private BadByte() {}

  /** Its line, from 1; 0 if the file cannot be read. */
  static int line(Path file) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
      decoder.decode(bytes, CharBuffer.allocate(bytes.remaining() + 1), true);
      int line = 1;
      for (int i = 0; i < bytes.position(); i++) {
        line += bytes.get(i) == '\n' ? 1 : 0;
      }
      return line;
    } catch (IOException unreadable) {
      return 0;
    }
  }
}
