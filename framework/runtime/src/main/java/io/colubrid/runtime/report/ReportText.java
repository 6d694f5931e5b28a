package io.colubrid.runtime.report;

import java.util.Locale;

/** A comparison as a table for a terminal. */
public final class ReportText {
  private ReportText() {}

  public static String of(ComparisonReport report) {
    StringBuilder text = new StringBuilder();
    int width = report.models().stream().mapToInt(model -> model.name().length()).max().orElse(0);
    String format = "%-" + Math.max(width, 5) + "s %12s %12s %16s %12s %14s %12s%n";
    text.append(
        format.formatted(
            "model",
            "parameters",
            "FLOPs/token",
            "held-out bits/B",
            "train tok/s",
            "generate tok/s",
            "state bytes"));
    for (ModelResult model : report.models()) {
      text.append(
          format.formatted(
              model.name(),
              "%,d".formatted(model.parameters()),
              "%,.0f".formatted(model.flopsPerToken()),
              bits(model.heldOutBitsPerByte()),
              speed(model.trainTokensPerSecond()),
              speed(model.generateTokensPerSecond()),
              "%,d".formatted(model.stateBytes())));
    }
    text.append(
        "state bytes are those of one sequence of %,d tokens%n".formatted(report.stateTokens()));
    if (!report.ranks()) {
      text.append("one seed: this ranks nothing; --set compare.seeds=3 gives error bars\n");
    }
    return text.toString();
  }

  private static String bits(Estimate bits) {
    return bits.seeds() == 1
        ? String.format(Locale.ROOT, "%.4f", bits.mean())
        : String.format(Locale.ROOT, "%.4f ± %.4f", bits.mean(), bits.halfWidth95());
  }

  private static String speed(Estimate speed) {
    return Double.isFinite(speed.mean()) ? "%,.0f".formatted(speed.mean()) : "–";
  }
}
