package io.colubrid.runtime.report;

import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.run.RunRecord;
import java.time.Instant;
import java.util.List;

/**
 * What a comparison found.
 *
 * @param data on what the models were trained and tested, in a sentence or two
 * @param task what was learned, and by what models are compared
 * @param stateTokens the length at which {@code stateBytes} was taken
 * @param machine where it ran, and on what versions
 * @param notes anything a reader must know to trust the numbers, a sentence each
 */
public record ComparisonReport(
    String title,
    Instant created,
    String data,
    Task task,
    long stateTokens,
    List<ModelResult> models,
    RunRecord machine,
    List<String> notes) {

  /**
   * @throws IllegalArgumentException if there is no model
   */
  public ComparisonReport {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("expected at least one model to report");
    }
    models = List.copyOf(models);
    notes = List.copyOf(notes);
  }

  /** The fewest trainings that any model had. */
  public int seeds() {
    return models.stream().mapToInt(model -> model.seeds().size()).min().orElseThrow();
  }

  /** Whether any of the models can generate. */
  public boolean generates() {
    return models.stream()
        .flatMap(model -> model.seeds().stream())
        .anyMatch(seed -> Double.isFinite(seed.generateTokensPerSecond()));
  }

  /** Whether the numbers can carry a ranking at all: with one seed, noise is not measured. */
  public boolean ranks() {
    return seeds() > 1;
  }
}
