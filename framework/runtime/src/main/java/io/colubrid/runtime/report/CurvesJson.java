package io.colubrid.runtime.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The loss curves as the page's script reads them, thinned to what a picture can show. */
final class CurvesJson {
  static final int MAX_POINTS = 800;

  private static final int SIGNIFICANT_DIGITS = 6;
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private CurvesJson() {}

  /** JSON that may stand inside a script element: no {@code <} is in it. */
  static String of(ComparisonReport report) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("unit", report.task().lossUnit()).put("units", report.task().unit().plural());
    ArrayNode models = root.putArray("models");
    for (ModelResult model : report.models()) {
      ArrayNode seeds = models.addObject().put("name", model.name()).putArray("seeds");
      model.seeds().forEach(seed -> add(seeds.addObject(), seed));
    }
    return MAPPER.writeValueAsString(root).replace("<", "\\u003c");
  }

  private static void add(ObjectNode node, SeedResult seed) {
    List<LossPoint> points = thin(seed.losses());
    node.put("seed", seed.seed());
    putAll(node.putArray("tokens"), points, LossPoint::tokens);
    putAll(node.putArray("flops"), points, LossPoint::flops);
    putAll(node.putArray("seconds"), points, LossPoint::seconds);
    putAll(node.putArray("loss"), points, LossPoint::loss);
  }

  private static void putAll(
      ArrayNode array, List<LossPoint> points, ToDoubleFunction<LossPoint> quantity) {
    for (LossPoint point : points) {
      double value = quantity.applyAsDouble(point);
      if (Double.isFinite(value)) {
        array.add(rounded(value));
      } else {
        array.addNull();
      }
    }
  }

  private static double rounded(double value) {
    return Double.parseDouble(("%." + (SIGNIFICANT_DIGITS - 1) + "e").formatted(value));
  }

  /** Replaces every run of neighbours by its mean, as many as it takes to stay under the limit. */
  static List<LossPoint> thin(List<LossPoint> points) {
    int run = Math.ceilDiv(points.size(), MAX_POINTS);
    if (run <= 1) {
      return points;
    }
    List<LossPoint> thinned = new ArrayList<>();
    for (int begin = 0; begin < points.size(); begin += run) {
      thinned.add(mean(points.subList(begin, Math.min(begin + run, points.size()))));
    }
    return thinned;
  }

  private static LossPoint mean(List<LossPoint> points) {
    return new LossPoint(
        Math.round(points.stream().mapToLong(LossPoint::tokens).average().orElseThrow()),
        points.stream().mapToDouble(LossPoint::flops).average().orElseThrow(),
        points.stream().mapToDouble(LossPoint::seconds).average().orElseThrow(),
        points.stream().mapToDouble(LossPoint::loss).average().orElseThrow());
  }
}
