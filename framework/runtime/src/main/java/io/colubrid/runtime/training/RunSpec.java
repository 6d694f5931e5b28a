package io.colubrid.runtime.training;

import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.model.ModelGraph;
import java.util.List;

/**
 * All that decides what a run computes.
 *
 * @param graph the model
 * @param data the text
 * @param train how it learns
 * @param text the file it was read from, resolved, as text that can be read again
 * @param sets the {@code --set} options that change single layers and so are not in the text
 */
public record RunSpec(
    ModelGraph graph, DataConfig data, TrainConfig train, String text, List<String> sets) {

  public RunSpec {
    sets = List.copyOf(sets);
  }

  /** The same run with another seed. */
  public RunSpec withSeed(long seed) {
    TrainConfig t = train;
    TrainConfig seeded =
        new TrainConfig(
            t.steps(),
            t.batch(),
            t.length(),
            t.accumulate(),
            seed,
            t.optimizer(),
            t.learningRate(),
            t.clip(),
            t.evaluateEvery(),
            t.checkpointEvery(),
            t.keepCheckpoints(),
            t.logEvery());
    return new RunSpec(graph, data, seeded, text + "train.seed = " + seed + "\n", sets);
  }
}
