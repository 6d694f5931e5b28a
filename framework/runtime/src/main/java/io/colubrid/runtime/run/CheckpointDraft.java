package io.colubrid.runtime.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** A checkpoint while it is being written, still invisible to whoever looks for the latest. */
public final class CheckpointDraft {
  private final Path folder;
  private final Disk disk;
  private final Map<String, CheckpointManifest.FileSum> files = new LinkedHashMap<>();

  CheckpointDraft(Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /** Fills one file. */
  @FunctionalInterface
  public interface FileContent {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes a file of the checkpoint and forces it to the medium.
   *
   * @throws IllegalArgumentException if the name is taken or is not a plain file name
   */
  public void write(String name, FileContent content) throws IOException {
    boolean plain = Path.of(name).getNameCount() == 1 && !name.startsWith(".") && !name.isEmpty();
    if (!plain || name.equals(CheckpointManifest.FILE_NAME) || files.containsKey(name)) {
      throw new IllegalArgumentException(
          "expected a plain file name not used before in this checkpoint, found '" + name + "'");
    }
    files.put(name, fill(name, content));
  }

  /** Writes a text file in UTF-8. */
  public void writeString(String name, String text) throws IOException {
    write(name, channel -> writeFully(channel, text));
  }

  /** Writes the manifest that makes the checkpoint complete. */
  void seal(long step) throws IOException {
    String json = new CheckpointManifest(step, files).toJson();
    fill(CheckpointManifest.FILE_NAME, channel -> writeFully(channel, json));
    disk.syncFolder(folder);
  }

  private CheckpointManifest.FileSum fill(String name, FileContent content) throws IOException {
    try (Disk.SyncedChannel file = disk.create(folder.resolve(name))) {
      SummingChannel channel = new SummingChannel(file);
      content.writeTo(channel);
      file.sync();
      return channel.sum();
    }
  }

  private static void writeFully(WritableByteChannel channel, String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Counts and sums what passes; closing is left to the draft. */
  private static final class SummingChannel implements WritableByteChannel {
    private final WritableByteChannel target;
    private final CRC32C crc = new CRC32C();
    private long bytes;

    SummingChannel(WritableByteChannel target) {
      this.target = target;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      ByteBuffer passed = source.duplicate();
      int written = target.write(source);
      crc.update(passed.limit(passed.position() + written));
      bytes += written;
      return written;
    }

    CheckpointManifest.FileSum sum() {
      return new CheckpointManifest.FileSum(bytes, Long.toHexString(crc.getValue()));
    }

    @Override
    public boolean isOpen() {
      return target.isOpen();
    }

    @Override
    public void close() {}
  }
}
