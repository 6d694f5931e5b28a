package io.colubrid.runtime.profile;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainConfig;
import io.colubrid.runtime.training.TrainingStep;
import io.colubrid.spi.train.Optimizer;
import java.lang.foreign.Arena;
import java.util.Random;

/**
 * The training step of a run on random numbers, one document a row: what a step costs without any
 * data. Its learning rate is so small that the weights stay where they are, step after step.
 */
public final class SyntheticTraining implements AutoCloseable {
  private static final double LEARNING_RATE = 1e-12;
  private static final long SEED = 1;

  private final Arena arena = Arena.ofShared();
  private final RunSpec spec;
  private final Model model;
  private final ParameterStore store;
  private final TrainingStep step;
  private final Batch batch;
  private long updates;

  public SyntheticTraining(RunSpec spec, Backend backend) {
    TrainConfig train = spec.train();
    this.spec = spec;
    this.model = ModelBuilder.build(spec.graph());
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    this.store = new ParameterStore(backend.memory(), precision, model.parameters());
    Initialization.run(store, train.seed());
    Optimizer optimizer =
        train.optimizer().layer().optimizerFactory().create(train.optimizer().config());
    optimizer.slots().forEach(store::slot);
    this.step = new TrainingStep(backend, model, store, optimizer, spec);
    this.batch = SyntheticBatch.of(model, train.batch(), train.length(), new Random(SEED), arena);
  }

  public Model model() {
    return model;
  }

  public ParameterStore store() {
    return store;
  }

  public TrainingStep step() {
    return step;
  }

  /** What a step is counted in. */
  public String unit() {
    return spec.data().task().unit().word();
  }

  /** Tokens of a step, or what else the data are counted in. */
  public long tokensPerStep() {
    return spec.train().unitsPerBatch(spec.data().task().unit());
  }

  /** One micro-step and one update; answers what that told. */
  public TrainingStep.Report run() {
    step.clock(SEED, updates);
    step.accumulate(batch);
    updates++;
    return step.update(LEARNING_RATE, updates, spec.train().clip());
  }

  @Override
  public void close() {
    step.close();
    store.close();
    arena.close();
  }
}
