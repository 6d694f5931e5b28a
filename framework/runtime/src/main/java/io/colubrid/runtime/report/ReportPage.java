package io.colubrid.runtime.report;

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
  private static final int BITS_DECIMALS = 4;

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
      Estimate heldOut = model.heldOutBitsPerByte();
      rows.add(
          new Row(
              model.name(),
              rows.size() % PALETTE_SIZE,
              NumberText.grouped(model.parameters()),
              NumberText.decimal(model.flopsPerToken()),
              bits(heldOut.mean()),
              bits(heldOut.standardDeviation()),
              interval(heldOut),
              NumberText.rate(model.trainTokensPerSecond().mean()),
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
                bits(seed.heldOutBitsPerByte()),
                NumberText.rate(seed.trainTokensPerSecond()),
                NumberText.rate(seed.generateTokensPerSecond())));
      }
    }
    return rows;
  }

  IntervalPlot intervals() {
    return IntervalPlot.of(report.models());
  }

  Map<String, String> machine() {
    RunRecord machine = report.machine();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Processor", machine.cpu());
    facts.put("Cores, threads", machine.cores() + ", " + machine.threads());
    facts.put(
        "Vector width", machine.vectorBits() == 0 ? "scalar" : machine.vectorBits() + " bits");
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

  private static String interval(Estimate estimate) {
    if (!Double.isFinite(estimate.halfWidth95())) {
      return NumberText.NONE;
    }
    return "%s – %s"
        .formatted(
            NumberText.fixed(estimate.low(), BITS_DECIMALS - 1),
            NumberText.fixed(estimate.high(), BITS_DECIMALS - 1));
  }

  private static String bits(double value) {
    return NumberText.fixed(value, BITS_DECIMALS);
  }

  private static String count(int number, String one) {
    return count(number, one, one + "s");
  }

  private static String count(int number, String one, String several) {
    return number + " " + (number == 1 ? one : several);
  }
}
