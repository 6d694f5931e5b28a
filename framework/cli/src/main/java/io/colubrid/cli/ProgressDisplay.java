package io.colubrid.cli;

import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.training.TrainingListener;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows how training goes: a bar on a terminal, and a line now and then where there is none. */
final class ProgressDisplay implements TrainingListener, AutoCloseable {
  private static final long LINE_EVERY_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int WIDTH = 110;

  private final PrintWriter err;
  private final String task;

  // The console of JDK 25 is null again where there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  private final boolean terminal =
      Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);

  private @Nullable ProgressBar bar;
  private long lastLine = System.nanoTime();

  ProgressDisplay(PrintWriter err, String task) {
    this.err = err;
    this.task = task;
  }

  @Override
  public void updated(Progress progress) {
    String state =
        "loss %.3f  %,.0f %s/s"
            .formatted(progress.loss(), progress.perSecond(), progress.unit().brief());
    if (terminal) {
      bar(progress.steps()).stepTo(progress.step()).setExtraMessage(state);
    } else if (System.nanoTime() - lastLine > LINE_EVERY_NANOS
        || progress.step() == progress.steps()) {
      lastLine = System.nanoTime();
      err.printf(
          "%s  %,d/%,d  %s  %s left%n",
          task, progress.step(), progress.steps(), state, clock(progress.left()));
      err.flush();
    }
  }

  private ProgressBar bar(long steps) {
    ProgressBar shown = bar;
    if (shown == null) {
      shown =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .setUpdateIntervalMillis(200)
              .setMaxRenderedLength(WIDTH)
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
      bar = shown;
    }
    return shown;
  }

  private static String clock(Duration left) {
    return "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
  }

  @Override
  public void evaluated(long step, Score score) {
    note("%s: %s after %,d updates".formatted(task, score, step));
  }

  @Override
  public void note(String sentence) {
    if (bar != null && terminal) {
      err.println();
    }
    err.println(sentence);
    err.flush();
  }

  @Override
  public void close() {
    finish();
  }

  /** Takes the bar off the terminal, before something else is printed. */
  void finish() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
