package io.colubrid.runtime.training;

import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.model.LayerNode;
import io.colubrid.runtime.model.OfKind;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.plugin.LayerDefinition;

/**
 * The {@code train} section of a file.
 *
 * @param steps updates in all
 * @param batch sequences of a micro-batch
 * @param length tokens of a sequence
 * @param accumulate micro-batches of an update
 * @param seed of initialisation, order of the data and dropout
 * @param optimizer what turns gradients into updates
 * @param learningRate how fast, and when
 * @param clip largest global norm of the averaged gradient; 0 clips nothing
 * @param evaluateEvery updates between evaluations; 0 evaluates at the end alone
 * @param checkpointEvery updates between checkpoints; 0 writes one at the end alone
 * @param keepCheckpoints how many stay on disk
 * @param logEvery updates between lines of the metrics
 */
public record TrainConfig(
    @Positive long steps,
    @Positive int batch,
    @Positive int length,
    @Positive int accumulate,
    long seed,
    @OfKind(LayerDefinition.Kind.OPTIMIZER) LayerNode optimizer,
    LearningRateConfig learningRate,
    @Range(min = 0) double clip,
    @Range(min = 0) long evaluateEvery,
    @Range(min = 0) long checkpointEvery,
    @Positive int keepCheckpoints,
    @Positive long logEvery) {

  /** Tokens of an update, padding counted. */
  public long tokensPerUpdate() {
    return (long) batch * length * accumulate;
  }

  /** What a micro-batch learns from at most: its rows or, where these are sequences, positions. */
  public long unitsPerBatch(Task.Unit unit) {
    return unit == Task.Unit.IMAGE ? batch : (long) batch * length;
  }

  /**
   * The keys of a {@link LearningRate}.
   *
   * @param peak the largest rate
   * @param decay shape of what follows the warm-up
   * @param warmup updates until the peak is reached
   * @param finalFraction rate of the last update, as a share of the peak
   */
  public record LearningRateConfig(
      @Positive double peak,
      LearningRate.Decay decay,
      @Range(min = 0) long warmup,
      @Range(min = 0, max = 1) double finalFraction) {
    LearningRate schedule() {
      return new LearningRate(peak, decay, warmup, finalFraction);
    }
  }
}
