package io.colubrid.runtime.training;

import java.util.Map;
import java.util.function.Consumer;

/** Averages losses into the points of a curve. */
public final class LossCurve {
  private final Consumer<Entry> log;
  private double sum;
  private long count;

  /**
   * A point with what else was measured.
   *
   * @param layers what layers reported, by path and name, averaged since the last point
   */
  public record Entry(
      CurvePoint point, double learningRate, double gradientNorm, Map<String, Double> layers) {}

  /**
   * @param log receives each point as it is made
   */
  public LossCurve(Consumer<Entry> log) {
    this.log = log;
  }

  void add(
      TrainingState state,
      TrainingStep step,
      TrainingStep.Report report,
      double learningRate,
      boolean ends) {
    sum += report.loss();
    count++;
    if (ends) {
      CurvePoint point = new CurvePoint(state.step(), state.tokens(), state.seconds(), sum / count);
      log.accept(new Entry(point, learningRate, report.gradientNorm(), step.takeMetrics()));
      sum = 0;
      count = 0;
    }
  }
}
