package io.colubrid.runtime.training;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import io.colubrid.runtime.config.RecordWriter;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.model.ModelGraph;

/**
 * All that decides what a run computes.
 *
 * @param graph the model
 * @param data what it learns from; a record
 * @param train how it learns
 */
public record RunSpec(ModelGraph graph, DataConfig data, TrainConfig train) {
  private static final ConfigRenderOptions READABLE =
      ConfigRenderOptions.defaults().setOriginComments(false).setJson(false);

  /**
   * A file that gives this run again: every key is in it, so it does not depend on the defaults
   * that plugins have by then, and every layer that {@code --set} changed is as it was changed. Its
   * paths are absolute, so it does not depend on the folder it is used in either.
   */
  public String text() {
    return section("model", graph.write())
        + section("data", RecordWriter.write((Record) data.absolute()))
        + section("train", RecordWriter.write(train));
  }

  private static String section(String name, ConfigObject keys) {
    return name + " {\n" + keys.render(READABLE).indent(2) + "}\n";
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
    return new RunSpec(graph, data, seeded);
  }
}
