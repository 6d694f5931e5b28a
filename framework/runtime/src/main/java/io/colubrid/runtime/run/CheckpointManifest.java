package io.colubrid.runtime.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The list of a checkpoint's files with size and checksum. Written last, it is what makes a
 * checkpoint complete.
 */
record CheckpointManifest(long step, Map<String, FileSum> files) {
  static final String FILE_NAME = "checkpoint.json";

  private static final int CHUNK_BYTES = 1 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * @param crc32c in hexadecimal
   */
  record FileSum(long bytes, String crc32c) {}

  String toJson() {
    return MAPPER.writeValueAsString(this) + "\n";
  }

  /** What is wrong with the checkpoint in a folder, or empty if every byte is as it was written. */
  static Optional<String> damage(Path folder) throws IOException {
    Path manifest = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(manifest)) {
      return Optional.of(FILE_NAME + " is missing");
    }
    CheckpointManifest expected;
    try {
      expected = MAPPER.readValue(Files.readAllBytes(manifest), CheckpointManifest.class);
    } catch (JacksonException e) {
      return Optional.of(FILE_NAME + " is not readable: " + e.getOriginalMessage());
    }
    for (Map.Entry<String, FileSum> file : expected.files().entrySet()) {
      Optional<String> damage = damage(folder.resolve(file.getKey()), file.getValue());
      if (damage.isPresent()) {
        return damage;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> damage(Path file, FileSum expected) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.of(file.getFileName() + " is missing");
    }
    long bytes = Files.size(file);
    if (bytes != expected.bytes()) {
      return Optional.of(
          "%s: expected %d bytes, found %d".formatted(file.getFileName(), expected.bytes(), bytes));
    }
    String crc = Long.toHexString(crc32c(file));
    return crc.equals(expected.crc32c())
        ? Optional.empty()
        : Optional.of(
            "%s: expected the checksum %s, found %s"
                .formatted(file.getFileName(), expected.crc32c(), crc));
  }

  private static long crc32c(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(chunk) >= 0) {
        crc.update(chunk.flip());
        chunk.clear();
      }
    }
    return crc.getValue();
  }
}
