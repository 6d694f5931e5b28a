package io.colubrid.runtime.plan;

import io.colubrid.runtime.data.Task;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A plan as a table for people. Equal layers are shown once, with the cost of one of them. */
public final class PlanText {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] SCALES = {"", " k", " M", " G", " T", " P"};

  private PlanText() {}

  public static String of(ModelPlan plan) {
    StringBuilder text = new StringBuilder();
    row(text, "layer", "type", "parameters", "forward FLOPs", "backward FLOPs");
    for (List<LayerCost> equal : RepeatedLayers.of(plan.layers())) {
      LayerCost cost = equal.getFirst();
      String path = equal.size() == 1 ? cost.path() : cost.path() + " … " + equal.getLast().path();
      row(
          text,
          path,
          equal.size() == 1 ? cost.type() : equal.size() + " × " + cost.type(),
          "%,d".formatted(cost.parameters()),
          scaled(cost.forwardFlops()),
          scaled(cost.backwardFlops()));
    }
    text.append('\n');
    line(text, "parameters", "%,d".formatted(plan.parameters()));
    if (plan.activeParameters() != plan.parameters()) {
      line(text, "active parameters", "%,d".formatted(plan.activeParameters()));
    }
    line(text, "FLOPs for each " + plan.unit(), scaled(plan.flopsPerToken()) + ", forward");
    line(text, "", scaled(plan.trainingFlopsPerToken()) + ", forward and backward");
    boolean images = plan.unit().equals(Task.Unit.IMAGE.word());
    String tokens = images ? "" : ", length " + plan.length();
    text.append("\nbytes at batch %d%s\n".formatted(plan.batch(), tokens));
    line(text, "weights", bytes(plan.weights()));
    line(text, "gradients", bytes(plan.gradients()));
    line(text, "optimizer", bytes(plan.optimizer()));
    line(text, "activations", bytes(plan.activations()));
    line(text, "inputs", bytes(plan.inputs()));
    line(text, "in all", bytes(plan.peak()));
    if (plan.state().values().stream().anyMatch(size -> size > 0)) {
      text.append("\nstate of one sequence\n");
      plan.state().forEach((length, size) -> line(text, at(length, plan.unit()), bytes(size)));
    }
    return text.toString();
  }

  /** Plans one after the other, each under its name. */
  public static String of(SequencedMap<String, ModelPlan> plans) {
    return plans.entrySet().stream()
        .map(plan -> plan.getKey() + "\n\n" + of(plan.getValue()))
        .collect(Collectors.joining("\n"));
  }

  private static String at(long length, String unit) {
    return "%,d %ss".formatted(length, unit.equals("image") ? "position" : unit);
  }

  private static void row(StringBuilder text, String... cells) {
    text.append("%-38s %-20s %15s %15s %15s%n".formatted((Object[]) cells));
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append("  %-20s %s%n".formatted(name, value));
  }

  private static String scaled(double count) {
    int scale = 0;
    double value = count;
    while (value >= 1000 && scale < SCALES.length - 1) {
      value /= 1000;
      scale++;
    }
    return String.format(Locale.ROOT, scale == 0 ? "%.0f%s" : "%.2f%s", value, SCALES[scale]);
  }

  private static String bytes(long count) {
    int unit = 0;
    double value = count;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
  }
}
