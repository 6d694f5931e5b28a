package io.colubrid.runtime.bench;

import io.colubrid.runtime.profile.ProfileText;
import java.util.Locale;

/** A report as a table for people. */
public final class BenchText {
  private BenchText() {}

  public static String of(BenchReport report) {
    StringBuilder text = new StringBuilder();
    text.append(report.machine()).append('\n');
    text.append(ProfileText.limits(report.limits())).append("\n\n");
    text.append(
        String.format(
            "%-24s %9s %9s %9s %9s %7s %10s %9s %-10s %6s%n",
            "benchmark",
            "median ms",
            "fastest",
            "slowest",
            "GFLOP/s",
            "GB/s",
            "tokens/s",
            "floor ms",
            "by",
            "ratio"));
    for (Measurement result : report.results()) {
      text.append(row(result));
    }
    text.append('\n');
    report.results().forEach(r -> text.append("%-24s %s%n".formatted(r.name(), r.what())));
    report.skipped().forEach(sentence -> text.append(sentence).append('\n'));
    text.append(
        String.format(
            Locale.ROOT,
            "%nfloor: the larger of FLOPs at the measured rate of multiply-adds and bytes at the"
                + " measured bandwidth;%nexponentials are not counted, and what fits into caches"
                + " can beat the bandwidth.%nTimes are only indicative where others share the"
                + " machine (load before the start: %.1f); trust ratios taken in one run.%n",
            report.load()));
    return text.toString();
  }

  private static String row(Measurement result) {
    return String.format(
        Locale.ROOT,
        "%-24s %9.3f %9.3f %9.3f %9.1f %7.1f %10s %9.3f %-10s %6.2f%n",
        result.name(),
        result.millis(),
        result.minMillis(),
        result.maxMillis(),
        result.gigaflopsPerSecond(),
        result.gigabytesPerSecond(),
        result.tokensPerSecond() == 0
            ? ""
            : String.format(Locale.ROOT, "%,.1f", result.tokensPerSecond()),
        result.floorMillis(),
        result.floorBy(),
        result.ratio());
  }
}
