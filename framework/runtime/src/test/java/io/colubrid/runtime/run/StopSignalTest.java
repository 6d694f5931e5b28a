package io.colubrid.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopSignalTest {
  private static final int SIGINT = 2;

  private final List<String> announced = new ArrayList<>();
  private final AtomicInteger halts = new AtomicInteger();
  private final StopSignal signal =
      new StopSignal(Duration.ofHours(1), announced::add, halts::incrementAndGet);

  /** A loop that ends when asked, says what it did, and can be asked twice without ending. */
  static final class Loop {
    public static void main(String[] arguments) throws Exception {
      boolean obedient = arguments[0].equals("obedient");
      try (StopSignal stop = StopSignal.install(Duration.ofMinutes(1), Loop::say)) {
        say("looping");
        while (!obedient || !stop.requested()) {
          Thread.onSpinWait();
        }
        say("checkpoint written");
      }
      System.exit(7);
    }

    private static void say(String line) {
      System.out.println(line);
    }
  }

  @Test
  void theFirstSignalRaisesTheFlagAndTheSecondInterruptHalts() {
    assertThat(signal.requested()).isFalse();
    signal.interrupt();
    assertThat(signal.requested()).isTrue();
    assertThat(halts).hasValue(0);
    signal.interrupt();
    assertThat(halts).hasValue(1);
    assertThat(announced).hasSize(2);
    assertThat(announced.getFirst()).contains("writing a checkpoint");
  }

  @Test
  void theAnnouncementComesBeforeTheLoopCanSeeTheFlag() {
    List<Boolean> raised = new ArrayList<>();
    StopSignal[] self = new StopSignal[1];
    self[0] = new StopSignal(Duration.ZERO, text -> raised.add(self[0].requested()), () -> {});
    self[0].terminate();
    assertThat(raised).containsExactly(false);
    assertThat(self[0].requested()).isTrue();
  }

  @Test
  void terminationNeverHaltsHoweverOftenItComes() {
    signal.terminate();
    signal.terminate();
    assertThat(signal.requested()).isTrue();
    assertThat(halts).hasValue(0);
    assertThat(announced).hasSize(1);
  }

  @Test
  void aShutdownWaitsForTheLoop() throws Exception {
    CompletableFuture<Boolean> hook = CompletableFuture.supplyAsync(signal::shutdown);
    while (!signal.requested()) {
      Thread.onSpinWait();
    }
    assertThat(hook).isNotDone();
    signal.close();
    assertThat(hook.get()).isTrue();
  }

  @Test
  void aShutdownDoesNotWaitForEver() {
    StopSignal impatient = new StopSignal(Duration.ZERO, announced::add, halts::incrementAndGet);
    assertThat(impatient.shutdown()).isFalse();
    assertThat(announced).containsExactly("the loop did not end within 0 s; ending without it");
  }

  /** A job in a shell's background is started with SIGINT ignored, and so is all it starts. */
  private static void needsInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      long ignored =
          Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
              .findFirst()
              .orElse(0);
      assumeTrue((ignored & (1 << (SIGINT - 1))) == 0, "SIGINT is ignored by whoever started this");
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM", "INT"})
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aRealSignalEndsARealLoopInOrder(String name) throws Exception {
    if (name.equals("INT")) {
      needsInterrupts();
    }
    try (OtherProcess loop = new OtherProcess(Loop.class, "obedient")) {
      assertThat(loop.line()).isEqualTo("looping");
      loop.signal(name);
      assertThat(loop.line()).startsWith("stopping after this step");
      assertThat(loop.line()).isEqualTo("checkpoint written");
      assertThat(loop.exitCode()).isEqualTo(7);
    }
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aSecondRealInterruptEndsALoopThatDoesNotListen() throws Exception {
    needsInterrupts();
    try (OtherProcess loop = new OtherProcess(Loop.class, "stubborn")) {
      assertThat(loop.line()).isEqualTo("looping");
      loop.signal("INT");
      assertThat(loop.line()).startsWith("stopping after this step");
      loop.signal("INT");
      assertThat(loop.line()).startsWith("interrupted again");
      assertThat(loop.exitCode()).isEqualTo(StopSignal.INTERRUPTED_EXIT_CODE);
    }
  }

  @Test
  void installingAndClosingLeavesTheJvmAsItWas() {
    try (StopSignal installed = StopSignal.install(Duration.ZERO, announced::add)) {
      assertThat(installed.requested()).isFalse();
    }
    assertThat(announced).isEmpty();
  }
}
