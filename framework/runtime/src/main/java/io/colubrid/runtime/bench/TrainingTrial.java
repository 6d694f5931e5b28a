package io.colubrid.runtime.bench;

import io.colubrid.engine.tape.Node;
import io.colubrid.runtime.profile.NodeTraffic;
import io.colubrid.runtime.profile.SyntheticTraining;
import io.colubrid.runtime.training.RunSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The training step of a model on random tokens: forward, backward, clipping and AdamW, from the
 * writing of a batch to the reading of its loss.
 */
final class TrainingTrial implements Trial {
  private final SyntheticTraining training;

  TrainingTrial(Setting setting, RunSpec spec) {
    setting.release();
    this.training = new SyntheticTraining(spec, setting.backend());
  }

  @Override
  public double nanos() {
    long start = System.nanoTime();
    training.run();
    return System.nanoTime() - start;
  }

  /** Activations may stay in caches; weights are read in both passes, and updated. */
  @Override
  public Workload workload() {
    List<Node> update = training.step().updateProgram().program().nodes();
    List<Node> all = new ArrayList<>(training.step().microStepProgram().program().nodes());
    all.addAll(update);
    double bytes =
        2.0 * Float.BYTES * training.model().parameterCount()
            + update.stream().mapToDouble(NodeTraffic::of).sum();
    return new Workload(Workload.flops(all), bytes, 0, training.tokensPerStep());
  }

  @Override
  public void close() {
    training.close();
  }
}
