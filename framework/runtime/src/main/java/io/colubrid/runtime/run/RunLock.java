package io.colubrid.runtime.run;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write to a run folder, held by one process at a time. It is a lock of the operating
 * system on {@code run.lock}, so it ends with its process however that dies; the file stays.
 */
public final class RunLock implements AutoCloseable {
  public static final String FILE_NAME = "run.lock";

  /** The locked byte lies beyond the text, so that the text stays readable on every system. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  /**
   * Folders locked by this process. Asked before the file is touched: POSIX drops a process's lock
   * as soon as the process closes any handle on the file.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Creates the folder if need be and locks it.
   *
   * @throws RunFolderInUseException if it is locked; the message names the process
   */
  public static RunLock acquire(Path folder) throws IOException {
    Files.createDirectories(folder);
    Path real = folder.toRealPath();
    if (!HELD.add(real)) {
      throw new RunFolderInUseException(folder, "this very process");
    }
    try {
      return new RunLock(real, lock(folder));
    } catch (IOException | RuntimeException e) {
      HELD.remove(real);
      throw e;
    }
  }

  private static FileChannel lock(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
      if (lock == null) {
        throw new RunFolderInUseException(folder, Files.readString(file).strip());
      }
      channel.truncate(0);
      channel.write(StandardCharsets.UTF_8.encode(owner()), 0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static String owner() {
    Instant start = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    return "process %d on %s, started %s%n"
        .formatted(
            ProcessHandle.current().pid(), hostName(), start.truncatedTo(ChronoUnit.SECONDS));
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a host without a name";
    }
  }

  /** The locked folder, with symbolic links resolved. */
  public Path folder() {
    return folder;
  }

  /** Frees the folder. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.truncate(0);
      channel.close();
      HELD.remove(folder);
    }
  }
}
