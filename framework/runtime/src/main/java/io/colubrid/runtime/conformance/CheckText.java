package io.colubrid.runtime.conformance;

import java.util.ArrayList;
import java.util.List;

/** What came of checking layers, for a terminal. */
public final class CheckText {
  private static final String ROW = "  %-11s  %-27s  %s";
  private static final int WIDTH = 110;
  private static final String INDENT = " ".repeat(15);

  private CheckText() {}

  /** The line above a layer's properties. */
  public static String title(String layer, int width, List<String> keys) {
    String under = keys.isEmpty() ? "its defaults" : String.join(", ", keys);
    return "layer '%s' at width %d, under %s%n".formatted(layer, width, under);
  }

  /** The lines of one property: its claim, or what contradicts it, or the layer's refusal. */
  public static String of(PropertyResult result) {
    return switch (result.outcome()) {
      case Outcome.Passed passed -> row("passed", result, result.claim());
      case Outcome.Unsupported unsupported ->
          row("unsupported", result, "declared: " + unsupported.reason());
      case Outcome.Failed failed -> row("FAILED", result, result.claim()) + contradiction(failed);
    };
  }

  /** The line below a layer's properties. */
  public static String verdict(CheckedLayer checked) {
    long failed = checked.results().stream().filter(PropertyResult::failed).count();
    long unsupported =
        checked.results().stream()
            .filter(result -> result.outcome() instanceof Outcome.Unsupported)
            .count();
    int all = checked.results().size();
    return "%d checked: %d passed, %d failed, %d declared unsupported%n"
        .formatted(all, all - failed - unsupported, failed, unsupported);
  }

  private static String row(String word, PropertyResult result, String text) {
    return ROW.formatted(word, result.property(), text) + "\n";
  }

  private static String contradiction(Outcome.Failed failed) {
    List<String> lines = new ArrayList<>();
    if (!failed.smallestCase().isEmpty()) {
      lines.add(INDENT + "smallest case: " + failed.smallestCase());
    }
    StringBuilder line = new StringBuilder(INDENT);
    for (String word : failed.message().split("\\s+")) {
      if (line.length() + word.length() >= WIDTH && line.length() > INDENT.length()) {
        lines.add(line.toString().stripTrailing());
        line.setLength(INDENT.length());
      }
      line.append(word).append(' ');
    }
    lines.add(line.toString().stripTrailing());
    return String.join("\n", lines) + "\n";
  }
}
