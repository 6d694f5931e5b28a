package io.colubrid.cli;

import io.colubrid.runtime.metrics.MetricsLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A {@code colubrid train} in a process of its own, which can be signalled. */
final class TrainingProcess implements AutoCloseable {
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Process process;
  private final Path run;
  private final Path said;

  private TrainingProcess(Process process, Path run, Path said) {
    this.process = process;
    this.run = run;
    this.said = said;
  }

  /** Starts {@code train} with its output folder and further arguments. */
  static TrainingProcess start(Path run, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Launch.class.getName(),
            "train",
            "--out",
            run.toString()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    Path said = Files.createTempFile(run.getParent(), "said", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    return new TrainingProcess(process, run, said);
  }

  long pid() {
    return process.pid();
  }

  String said() throws IOException {
    return Files.readString(said, StandardCharsets.UTF_8);
  }

  /** Waits until it has written so many lines of metrics in all. */
  void awaitMetrics(long lines) throws IOException {
    Path metrics = run.resolve(MetricsLog.FILE_NAME);
    while (count(metrics) < lines) {
      if (!process.isAlive()) {
        throw new IllegalStateException("it ended early: " + said());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static long count(Path metrics) throws IOException {
    if (!Files.exists(metrics)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(metrics)) {
      return lines.count();
    }
  }

  /** SIGKILL: nothing that the process would do at its end is done. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
