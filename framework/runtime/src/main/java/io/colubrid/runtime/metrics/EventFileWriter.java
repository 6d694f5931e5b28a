package io.colubrid.runtime.metrics;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes scalars to an event file that TensorBoard reads: TFRecord frames (length, masked CRC-32C
 * of the length, payload, masked CRC-32C of the payload) of {@code Event} messages.
 *
 * <p>Field numbers are those of {@code event.proto} and {@code summary.proto} in TensorBoard's
 * {@code compat/proto}. One thread writes.
 */
public final class EventFileWriter implements AutoCloseable {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;

  private static final int CRC_MASK_DELTA = 0xA282EAD8;

  private final Path path;
  private final FileChannel channel;
  private final InstantSource clock;

  private EventFileWriter(Path path, FileChannel channel, InstantSource clock) {
    this.path = path;
    this.channel = channel;
    this.clock = clock;
  }

  /** Begins a new event file in a folder, beside those of earlier starts of the run. */
  public static EventFileWriter open(Path folder) throws IOException {
    return open(folder, InstantSource.system());
  }

  static EventFileWriter open(Path folder, InstantSource clock) throws IOException {
    Files.createDirectories(folder);
    long seconds = clock.instant().getEpochSecond();
    for (int attempt = 0; ; attempt++) {
      Path path =
          folder.resolve("events.out.tfevents.%010d.%d.colubrid".formatted(seconds, attempt));
      try {
        FileChannel channel =
            FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        EventFileWriter writer = new EventFileWriter(path, channel, clock);
        writer.write(writer.event().putString(FILE_VERSION, "brain.Event:2"));
        return writer;
      } catch (FileAlreadyExistsException e) {
        // Two starts within one second: the second takes the next number.
      }
    }
  }

  /**
   * Tells readers that the run starts over behind a checkpoint: what earlier files say of this step
   * and later ones no longer holds.
   *
   * @param firstStep the first step to be computed again
   */
  public void resumeAt(long firstStep) throws IOException {
    ProtobufWriter session = new ProtobufWriter().putLong(SESSION_STATUS, SESSION_START);
    write(event().putLong(STEP, firstStep).putMessage(SESSION_LOG, session));
  }

  /** Writes scalars of one step, rounded to f32. */
  public void write(long step, Map<String, Double> scalars) throws IOException {
    ProtobufWriter summary = new ProtobufWriter();
    scalars.forEach(
        (tag, value) ->
            summary.putMessage(
                SUMMARY_VALUE,
                new ProtobufWriter()
                    .putString(VALUE_TAG, tag)
                    .putFloat(VALUE_SIMPLE, value.floatValue())));
    write(event().putLong(STEP, step).putMessage(SUMMARY, summary));
  }

  public Path path() {
    return path;
  }

  private ProtobufWriter event() {
    return new ProtobufWriter().putDouble(WALL_TIME, clock.millis() / 1000.0);
  }

  private void write(ProtobufWriter event) throws IOException {
    ByteBuffer frame = frame(event.toByteArray());
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  static ByteBuffer frame(byte[] payload) {
    ByteBuffer frame =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + payload.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(payload.length);
    frame.putInt(maskedCrc(frame.duplicate().flip()));
    frame.put(payload);
    frame.putInt(maskedCrc(ByteBuffer.wrap(payload)));
    return frame.flip();
  }

  static int maskedCrc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK_DELTA;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
