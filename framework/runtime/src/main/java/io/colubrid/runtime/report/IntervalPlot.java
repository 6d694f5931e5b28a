package io.colubrid.runtime.report;

import io.colubrid.runtime.data.Measure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Means, confidence intervals and single seeds of all models on one axis, in the coordinates of an
 * SVG of fixed width.
 */
record IntervalPlot(List<Line> lines, List<Tick> ticks, int left, int height) {
  static final int WIDTH = 720;
  static final int RIGHT = 700;
  static final int LINE_HEIGHT = 34;
  static final int AXIS_HEIGHT = 40;

  private static final int TICKS = 6;
  private static final int LETTER_WIDTH = 7;
  private static final int LONGEST_NAME = 40;

  /**
   * One model: pixels from the left for its mean, interval and seeds.
   *
   * @param finite whether there are a mean and an interval: not if a seed went bad
   */
  record Line(
      String name,
      int color,
      int y,
      boolean finite,
      String mean,
      String low,
      String high,
      List<String> seeds) {}

  record Tick(String x, String label) {}

  static IntervalPlot of(List<ModelResult> models, Measure measure) {
    double[] extremes = models.stream().flatMapToDouble(IntervalPlot::extents).sorted().toArray();
    double low = extremes.length == 0 ? 0 : extremes[0];
    double high = extremes.length == 0 ? 1 : extremes[extremes.length - 1];
    double step = niceStep((high - low) / TICKS);
    Axis axis = Axis.around(leftOf(models), low, high, step);
    List<Line> lines = new ArrayList<>();
    for (ModelResult model : models) {
      if (extents(model).findAny().isPresent()) {
        lines.add(line(model, lines.size(), models.indexOf(model), axis));
      }
    }
    int height = lines.size() * LINE_HEIGHT + AXIS_HEIGHT;
    return new IntervalPlot(lines, ticks(axis, step, measure), axis.left(), height);
  }

  /** Room for the longest name. */
  private static int leftOf(List<ModelResult> models) {
    int letters = models.stream().mapToInt(model -> model.name().length()).max().orElse(0);
    return 30 + LETTER_WIDTH * Math.min(letters, LONGEST_NAME);
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
  }

  private record Axis(int left, double begin, double end) {
    static Axis around(int left, double low, double high, double step) {
      double begin = Math.floor(low / step);
      double end = Math.ceil(high / step);
      return end > begin
          ? new Axis(left, begin * step, end * step)
          : new Axis(left, (begin - 1) * step, (end + 1) * step);
    }

    String x(double value) {
      return NumberText.fixed(left + (value - begin) / (end - begin) * (RIGHT - left), 1);
    }
  }

  private static DoubleStream extents(ModelResult model) {
    Estimate estimate = model.heldOut();
    return DoubleStream.concat(
            DoubleStream.of(estimate.low(), estimate.high()),
            model.seeds().stream().mapToDouble(SeedResult::heldOut))
        .filter(Double::isFinite);
  }

  private static Line line(ModelResult model, int number, int color, Axis axis) {
    Estimate estimate = model.heldOut();
    return new Line(
        shortened(model.name()),
        color % ReportPage.PALETTE_SIZE,
        number * LINE_HEIGHT + LINE_HEIGHT / 2,
        Double.isFinite(estimate.halfWidth95()),
        axis.x(estimate.mean()),
        axis.x(estimate.low()),
        axis.x(estimate.high()),
        model.seeds().stream()
            .mapToDouble(SeedResult::heldOut)
            .filter(Double::isFinite)
            .mapToObj(axis::x)
            .toList());
  }

  private static List<Tick> ticks(Axis axis, double step, Measure measure) {
    int decimals = Math.max(0, (int) Math.ceil(-Math.log10(measure.shown(step)) - 1e-9));
    List<Tick> ticks = new ArrayList<>();
    long count = Math.round((axis.end() - axis.begin()) / step);
    for (long i = 0; i <= count; i++) {
      double value = axis.begin() + i * step;
      ticks.add(new Tick(axis.x(value), NumberText.fixed(measure.shown(value), decimals)));
    }
    return ticks;
  }

  /** The smallest of 1, 2 and 5 times a power of ten that is not below the wish. */
  static double niceStep(double wish) {
    if (!(wish > 0)) {
      return 0.1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(wish)));
    return Arrays.stream(new double[] {1, 2, 5, 10})
        .map(factor -> factor * power)
        .filter(step -> step >= wish * (1 - 1e-9))
        .findFirst()
        .orElse(10 * power);
  }
}
