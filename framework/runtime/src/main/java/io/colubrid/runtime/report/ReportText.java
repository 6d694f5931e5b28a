package io.colubrid.runtime.report;

import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Task;
import java.util.stream.Collectors;

/** A comparison as a table for a terminal. */
public final class ReportText {
  private ReportText() {}

  public static String of(ComparisonReport report) {
    StringBuilder text = new StringBuilder();
    int width = report.models().stream().mapToInt(model -> model.name().length()).max().orElse(0);
    String format = "%-" + Math.max(width, 5) + "s %12s %12s %16s %14s %14s %12s%n";
    Measure measure = report.task().measure();
    Task.Unit unit = report.task().unit();
    text.append(
        format.formatted(
            "model",
            "parameters",
            "FLOPs/" + unit.word(),
            "held-out " + brief(measure),
            "train " + unit.brief() + "/s",
            report.generates() ? "generate tok/s" : "",
            report.generates() ? "state bytes" : ""));
    for (ModelResult model : report.models()) {
      text.append(
          format.formatted(
              model.name(),
              "%,d".formatted(model.parameters()),
              "%,.0f".formatted(model.flopsPerUnit()),
              heldOut(model.heldOut(), measure),
              speed(model.trainPerSecond()),
              report.generates() ? speed(model.generateTokensPerSecond()) : "",
              report.generates() ? "%,d".formatted(model.stateBytes()) : ""));
    }
    if (report.generates()) {
      text.append(
          "state bytes are those of one sequence of %,d tokens%n".formatted(report.stateTokens()));
    }
    if (!report.ranks()) {
      text.append("one seed: this ranks nothing; --set compare.seeds=3 gives error bars\n");
    }
    return text.toString()
        .lines()
        .map(String::stripTrailing)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String brief(Measure measure) {
    return measure.label().replace("bits / byte", "bits/B").replace(" / ", "/");
  }

  private static String heldOut(Estimate estimate, Measure measure) {
    return estimate.seeds() == 1
        ? measure.text(estimate.mean())
        : "%s ± %s"
            .formatted(
                NumberText.fixed(measure.shown(estimate.mean()), measure.decimals()),
                measure.text(estimate.halfWidth95()));
  }

  private static String speed(Estimate speed) {
    return Double.isFinite(speed.mean()) ? "%,.0f".formatted(speed.mean()) : "–";
  }
}
