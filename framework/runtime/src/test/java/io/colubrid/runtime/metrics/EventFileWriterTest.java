package io.colubrid.runtime.metrics;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileWriterTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochMilli(1_500_000_000_500L));

  @TempDir Path folder;

  /** Takes frames apart by the TFRecord rules, checking both sums of each. */
  private static List<byte[]> payloads(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> payloads = new ArrayList<>();
    while (bytes.hasRemaining()) {
      ByteBuffer lengthBytes = bytes.slice(bytes.position(), Long.BYTES);
      byte[] payload = new byte[Math.toIntExact(bytes.getLong())];
      assertThat(bytes.getInt()).isEqualTo(EventFileWriter.maskedCrc(lengthBytes));
      bytes.get(payload);
      assertThat(bytes.getInt()).isEqualTo(EventFileWriter.maskedCrc(ByteBuffer.wrap(payload)));
      payloads.add(payload);
    }
    return payloads;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String hex(String text) {
    return hex(text.getBytes(US_ASCII));
  }

  @Test
  void theChecksumIsTheMaskedCrc32c() {
    // CRC-32C of "123456789" is e3069283 (RFC 3720); rotated right by 15, plus a282ead8.
    int crc = 0xE3069283;
    assertThat(EventFileWriter.maskedCrc(ByteBuffer.wrap("123456789".getBytes(US_ASCII))))
        .isEqualTo(((crc >>> 15) | (crc << 17)) + 0xA282EAD8);
  }

  @Test
  void aFileBeginsWithTheVersionAsTensorBoardWritesIt() throws IOException {
    try (EventFileWriter writer = EventFileWriter.open(folder, CLOCK)) {
      assertThat(writer.path().getFileName().toString())
          .isEqualTo("events.out.tfevents.1500000000.0.colubrid");
      // The first twelve bytes of every TensorBoard file: length 24 and its masked sum.
      assertThat(hex(Files.readAllBytes(writer.path()))).startsWith("1800000000000000a37f4b22");
      assertThat(hex(payloads(writer.path()).getFirst()))
          .isEqualTo("09000020c00b5ad641" + "1a0d" + hex("brain.Event:2"));
    }
  }

  @Test
  void scalarsAreEncodedByTheProtobufRules() throws IOException {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("loss", 1.5);
    scalars.put("nan", Double.NaN);
    try (EventFileWriter writer = EventFileWriter.open(folder, CLOCK)) {
      writer.write(300, scalars);
      assertThat(hex(payloads(writer.path()).get(1)))
          .isEqualTo(
              "09000020c00b5ad641" // wall_time: double 1500000000.5
                  + "10ac02" // step: varint 300
                  + ("2a19" + "0a0b" + "0a04" + hex("loss") + "150000c03f")
                  + ("0a0a" + "0a03" + hex("nan") + "150000c07f"));
    }
  }

  @Test
  void resumingPurgesLaterStepsByASessionStart() throws IOException {
    EventFileWriter.open(folder, CLOCK).close();
    try (EventFileWriter writer = EventFileWriter.open(folder, CLOCK)) {
      writer.resumeAt(7);
      assertThat(writer.path().toString()).endsWith(".1.colubrid");
      assertThat(hex(payloads(writer.path()).get(1)))
          .isEqualTo("09000020c00b5ad641" + "1007" + "3a02" + "0801");
    }
  }
}
