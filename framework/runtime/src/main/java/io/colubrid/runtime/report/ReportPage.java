package io.colubrid.runtime.report;

import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.metrics.LayerFigures;
import io.colubrid.runtime.run.RunRecord;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A report in the words and numbers its page shows; the template only places them. */
record ReportPage(ComparisonReport report) {
  /** Colours in report.css. */
  static final int PALETTE_SIZE = 8;

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  /** One line of the main table. */
  record Row(
      String name,
      int color,
      String parameters,
      String flops,
      String heldOut,
      String deviation,
      String interval,
      String train,
      String generate,
      String state) {}

  /** One line of the table of seeds. */
  record SeedRow(String model, String seed, String heldOut, String train, String generate) {}

  /** What the layers of a model reported of themselves, of which there may be none. */
  record LayerTable(String model, List<String> names, List<LayerRow> rows) {}

  /** One line of it. */
  record LayerRow(String path, List<String> cells) {}

  Measure measure() {
    return report.task().measure();
  }

  /** What speed and cost are told for, such as {@code token}. */
  String unit() {
    return report.task().unit().word();
  }

  /** Several of them. */
  String units() {
    return report.task().unit().plural();
  }

  /** Such as {@code bits / byte}, or {@code accuracy, %}. */
  String label() {
    return measure().form() == Measure.Form.PERCENT ? measure().label() + ", %" : measure().label();
  }

  /** What the table's measure means. */
  String measureNote() {
    String name = measure().name();
    return Character.toUpperCase(name.charAt(0)) + name.substring(1) + ": " + direction();
  }

  /** Such as "lower is better". */
  String direction() {
    return measure().better() + " is better";
  }

  String date() {
    return DATE.format(report.created());
  }

  String summary() {
    int models = report.models().size();
    String trained =
        "%s, %s each."
            .formatted(count(models, "model"), count(report.seeds(), "training", "trainings"));
    return models == 1 ? trained : trained + " " + parameterSpread();
  }

  private String parameterSpread() {
    var parameters =
        report.models().stream().mapToLong(ModelResult::parameters).summaryStatistics();
    double spread = 100.0 * (parameters.getMax() - parameters.getMin()) / parameters.getMin();
    return "Parameter counts lie within " + NumberText.rate(spread) + "\u00A0%.";
  }

  String rankingCaution() {
    return report.ranks()
        ? "Means over %s; ± is the standard deviation between seeds. ".formatted(seeds())
            + "Where intervals overlap, no order is shown."
        : "One seed: this ranks nothing. Differences between seeds are often larger than those"
            + " between models; train at least three seeds of each before preferring one.";
  }

  private String seeds() {
    return count(report.seeds(), "seed");
  }

  List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (ModelResult model : report.models()) {
      Estimate heldOut = model.heldOut();
      rows.add(
          new Row(
              model.name(),
              rows.size() % PALETTE_SIZE,
              NumberText.grouped(model.parameters()),
              NumberText.decimal(model.flopsPerUnit()),
              value(heldOut.mean()),
              value(heldOut.standardDeviation()),
              interval(heldOut),
              NumberText.rate(model.trainPerSecond().mean()),
              NumberText.rate(model.generateTokensPerSecond().mean()),
              NumberText.bytes(model.stateBytes())));
    }
    return rows;
  }

  List<SeedRow> seedRows() {
    List<SeedRow> rows = new ArrayList<>();
    for (ModelResult model : report.models()) {
      for (SeedResult seed : model.seeds()) {
        rows.add(
            new SeedRow(
                model.name(),
                Long.toString(seed.seed()),
                value(seed.heldOut()),
                NumberText.rate(seed.trainPerSecond()),
                NumberText.rate(seed.generateTokensPerSecond())));
      }
    }
    return rows;
  }

  /** What layers reported at the end of each model's first training; experts differ by seed. */
  List<LayerTable> layerTables() {
    List<LayerTable> tables = new ArrayList<>();
    for (ModelResult model : report.models()) {
      LayerFigures figures = LayerFigures.of(model.seeds().getFirst().layers());
      List<LayerRow> rows = new ArrayList<>();
      figures.figures().keySet().forEach(path -> rows.add(new LayerRow(path, figures.cells(path))));
      if (!rows.isEmpty()) {
        tables.add(new LayerTable(model.name(), List.copyOf(figures.names()), rows));
      }
    }
    return tables;
  }

  IntervalPlot intervals() {
    return IntervalPlot.of(report.models(), measure());
  }

  Map<String, String> machine() {
    RunRecord machine = report.machine();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Processor", machine.cpu());
    if (machine.computedOnProcessor()) {
      facts.put("Cores, threads", machine.cores() + ", " + machine.threads());
      facts.put(
          "Vector width", machine.vectorBits() == 0 ? "scalar" : machine.vectorBits() + " bits");
    } else {
      facts.put("GPU", machine.deviceName());
    }
    facts.put("Matrix products", machine.blas());
    facts.put("System", machine.os());
    facts.put("JDK", machine.jdk());
    facts.put("Colubrid", machine.version() + ", commit " + machine.commit());
    facts.put(
        "Plugins",
        machine.plugins().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(plugin -> plugin.getKey() + " " + plugin.getValue())
            .collect(Collectors.joining(", ")));
    return facts;
  }

  String stateLength() {
    return NumberText.grouped(report.stateTokens());
  }

  private String interval(Estimate estimate) {
    if (!Double.isFinite(estimate.halfWidth95())) {
      return NumberText.NONE;
    }
    return "%s – %s".formatted(fixed(estimate.low(), -1), fixed(estimate.high(), -1));
  }

  private String value(double value) {
    return fixed(value, 0);
  }

  private String fixed(double value, int moreDecimals) {
    return NumberText.fixed(measure().shown(value), measure().decimals() + moreDecimals);
  }

  private static String count(int number, String one) {
    return count(number, one, one + "s");
  }

  private static String count(int number, String one, String several) {
    return number + " " + (number == 1 ? one : several);
  }
}
