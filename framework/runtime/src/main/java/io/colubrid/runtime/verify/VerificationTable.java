package io.colubrid.runtime.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report as text for a terminal. */
public record VerificationTable(VerificationReport report) {
  /** The whole table, each line ended. */
  public String render() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %s of %,d parameters on %s",
            report.folder(),
            report.modelType(),
            report.parameters(),
            report.device()));
    String row = "  %-6s %-13s %-" + nameWidth() + "s %14s %10s";
    lines.add(row.formatted("", "what", "name", "relative error", "tolerance"));
    for (Deviation deviation : report.deviations()) {
      lines.add(
          row.formatted(
              mark(deviation.passes()),
              word(deviation.kind()),
              deviation.name(),
              scientific(deviation.error()),
              scientific(deviation.tolerance())));
    }
    report.greedy().forEach(tokens -> lines.add(greedy(tokens)));
    report.notChecked().forEach(what -> lines.add("  not checked: " + what));
    lines.add(worst(report.worst()));
    lines.add(verdict());
    return String.join("\n", lines) + "\n";
  }

  private int nameWidth() {
    return report.deviations().stream().mapToInt(each -> each.name().length()).max().orElse(1);
  }

  private static String greedy(GreedyTokens tokens) {
    String result =
        tokens.agree()
            ? "all %d agree".formatted(tokens.count())
            : "differ behind %d of %d".formatted(tokens.agreeing(), tokens.count());
    return "  %-6s greedy tokens, %s: %s".formatted(mark(tokens.agree()), tokens.how(), result);
  }

  private static String worst(Deviation worst) {
    return String.format(
        Locale.ROOT,
        "worst: %s, %.2g of its tolerance; farthest off at %s: %.9g, expected %.9g",
        (word(worst.kind()) + " " + worst.name()).stripTrailing(),
        worst.severity(),
        worst.place(),
        worst.found(),
        worst.expected());
  }

  private String verdict() {
    return report.passes()
        ? "everything agrees"
        : report.failures() + " of " + checks() + " do not agree";
  }

  private int checks() {
    return report.deviations().size() + report.greedy().size();
  }

  private static String mark(boolean passes) {
    return passes ? "ok" : "FAILED";
  }

  private static String word(Deviation.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String scientific(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }
}
