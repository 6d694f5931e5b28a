package io.colubrid.runtime.bench;

import java.util.List;
import java.util.Locale;

/** A report as a table for people. */
public final class BenchText {
  private BenchText() {}

  public static String of(BenchReport report) {
    StringBuilder text = new StringBuilder();
    text.append("colubrid ").append(report.version()).append('\n');
    text.append(report.machine()).append('\n');
    text.append(report.ceilings().text()).append("\n\n");
    text.append(
        String.format(
            "%-24s %9s %9s %9s %9s %7s %11s %9s %-12s %6s %7s%n",
            "benchmark",
            "median ms",
            "fastest",
            "slowest",
            "GFLOP/s",
            "GB/s",
            "tokens/s",
            "floor ms",
            "by",
            "ratio",
            "peak GB"));
    for (Measurement result : report.results()) {
      text.append(row(result));
    }
    text.append('\n');
    report.results().forEach(r -> text.append("%-24s %s%n".formatted(r.name(), what(r))));
    List.of(report.skipped(), report.failed()).stream()
        .flatMap(List::stream)
        .forEach(sentence -> text.append(sentence).append('\n'));
    text.append(
        String.format(
            Locale.ROOT,
            "%nfloor: the largest of FLOPs, bytes that have to be moved, and exponentials where"
                + " they are counted, each at its limit;%nwhat fits into caches can beat the"
                + " bandwidth. Times are only indicative where others share the%nmachine (load"
                + " before the start: %.1f); trust ratios taken in one run.%n",
            report.load()));
    return text.toString();
  }

  private static String what(Measurement result) {
    return result.note().isEmpty() ? result.what() : result.what() + " (" + result.note() + ")";
  }

  private static String row(Measurement result) {
    return String.format(
        Locale.ROOT,
        "%-24s %9.3f %9.3f %9.3f %9.1f %7.1f %11s %9.3f %-12s %6.2f %7.2f%n",
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
        result.ratio(),
        result.peakBytes() / 1e9);
  }
}
