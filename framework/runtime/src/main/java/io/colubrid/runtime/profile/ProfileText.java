package io.colubrid.runtime.profile;

import io.colubrid.engine.cpu.MachineLimits;
import java.util.List;
import java.util.Locale;

/** A profile as tables for people. */
public final class ProfileText {
  private static final double MILLIS = 1e3;

  private ProfileText() {}

  public static String of(Profile profile) {
    StringBuilder text = new StringBuilder();
    text.append(profile.machine()).append('\n');
    if (profile.limits() != null) {
      text.append(limits(profile.limits())).append('\n');
    }
    table(text, "layer", profile.layers());
    table(text, "operation", profile.operations());
    line(
        text,
        "step of %,d " + profile.unit() + "s",
        profile.tokens(),
        "%.2f ms, %,.0f " + profile.unit() + "s/s (median of %d)",
        profile.stepMicros() / MILLIS,
        profile.tokensPerSecond(),
        profile.steps());
    line(
        text,
        "in %,d kernels",
        profile.kernels(),
        "%.2f ms; outside kernels %.1f %% of a step",
        profile.kernelMicros() / MILLIS,
        100 * profile.outsideKernels());
    line(
        text,
        "%,d kernels under 10 µs",
        profile.smallKernels(),
        "%.2f ms, %.1f %% of a step",
        profile.smallMicros() / MILLIS,
        100 * profile.smallMicros() / profile.stepMicros());
    line(
        text,
        "observed step",
        null,
        "%.2f ms; observing added %.1f %%",
        profile.observedMicros() / MILLIS,
        100 * profile.observationOverhead());
    return text.toString();
  }

  /** What the machine can do, in one line. */
  public static String limits(MachineLimits limits) {
    return String.format(
        Locale.ROOT,
        "limits measured now, %d threads: %.0f GFLOP/s f32 multiply-adds, %.0f GFLOP/s product of"
            + " 1024², %.1f GB/s reading, %.1f GB/s copying, %.1f µs to hand out a loop",
        limits.threads(),
        limits.fmaGflops(),
        limits.gemmGflops(),
        limits.readGigabytes(),
        limits.copyGigabytes(),
        limits.dispatchMicros());
  }

  private static void line(
      StringBuilder text,
      String name,
      @org.jspecify.annotations.Nullable Object count,
      String format,
      Object... values) {
    String title = count == null ? name : String.format(Locale.ROOT, name, count);
    text.append(String.format(Locale.ROOT, "%-28s ", title));
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static void table(StringBuilder text, String name, List<ProfileRow> rows) {
    text.append(
        String.format(
            "%n%-28s %9s %6s %9s %9s %9s %6s %9s %9s %7s%n",
            name,
            "ms",
            "share",
            "forward",
            "backward",
            "update",
            "calls",
            "GFLOP/s",
            "MB",
            "GB/s"));
    for (ProfileRow row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-28s %9.3f %5.1f%% %9.3f %9.3f %9.3f %6d %9s %9.2f %7.1f%n",
              row.name(),
              row.micros() / MILLIS,
              100 * row.share(),
              row.forwardMicros() / MILLIS,
              row.backwardMicros() / MILLIS,
              row.updateMicros() / MILLIS,
              row.calls(),
              row.flops() == 0 ? "" : "%.1f".formatted(row.gigaflops()),
              row.bytes() / 1e6,
              row.gigabytes()));
    }
    text.append('\n');
  }
}
