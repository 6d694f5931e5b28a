package io.colubrid.runtime.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/**
 * The metrics of a run, appended line by line to a file that a watcher may read at any moment. One
 * thread writes.
 */
public final class MetricsLog implements AutoCloseable {
  public static final String FILE_NAME = "metrics.jsonl";

  private final Path path;
  private final FileChannel channel;
  private long lastStep = Long.MIN_VALUE;

  private MetricsLog(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Opens the file for appending, or creates it; a torn last line is cut off. */
  public static MetricsLog open(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    MetricsLog log = new MetricsLog(path, channel);
    try {
      log.truncateAfter(Long.MAX_VALUE);
      return log;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** All complete lines of a file. A last line without its end is left out. */
  public static List<MetricsRow> read(Path path) throws IOException {
    List<MetricsRow> rows = new ArrayList<>();
    scan(path, (row, end) -> rows.add(row));
    return rows;
  }

  /**
   * Appends one line and hands it to the operating system.
   *
   * @throws IllegalArgumentException if the step is before the last one written
   */
  public void append(long step, Map<String, Double> values) throws IOException {
    if (step < lastStep) {
      throw new IllegalArgumentException(
          "%s: expected a step of at least %d, found %d".formatted(path, lastStep, step));
    }
    MetricsRow row = new MetricsRow(step, new LinkedHashMap<>(values));
    ByteBuffer line = UTF_8.encode(row.toJson() + "\n");
    while (line.hasRemaining()) {
      channel.write(line);
    }
    lastStep = step;
  }

  /** Cuts the file back to a checkpoint: every line of a later step goes. */
  public void truncateAfter(long step) throws IOException {
    Cut cut = new Cut(step);
    scan(path, cut);
    channel.truncate(cut.end);
    channel.position(cut.end);
    lastStep = cut.lastStep;
  }

  private static final class Cut implements ObjLongConsumer<MetricsRow> {
    private final long limit;
    private long end;
    private long lastStep = Long.MIN_VALUE;

    Cut(long limit) {
      this.limit = limit;
    }

    @Override
    public void accept(MetricsRow row, long lineEnd) {
      if (row.step() <= limit) {
        end = lineEnd;
        lastStep = row.step();
      }
    }
  }

  /** Calls back with every complete line and the offset behind it. */
  private static void scan(Path path, ObjLongConsumer<MetricsRow> rows) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long offset = 0;
      int number = 1;
      for (int next = in.read(); next >= 0; next = in.read()) {
        offset++;
        if (next != '\n') {
          line.write(next);
          continue;
        }
        rows.accept(parse(path, number, line.toString(UTF_8)), offset);
        line.reset();
        number++;
      }
    }
  }

  private static MetricsRow parse(Path path, int number, String line) throws IOException {
    try {
      return MetricsRow.parse(line);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s: %d: this is no line of metrics: %s".formatted(path, number, e.getMessage()), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
