package io.colubrid.runtime.profile;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.data.TokenBatch;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainConfig;
import io.colubrid.runtime.training.TrainingStep;
import io.colubrid.spi.train.Optimizer;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * The training step of a run on random tokens, one document a row: what a step costs without any
 * text. Its learning rate is so small that the weights stay where they are, step after step.
 */
public final class SyntheticTraining implements AutoCloseable {
  private static final double LEARNING_RATE = 1e-12;
  private static final long SEED = 1;
  private static final int FEWEST_TOKENS = 256;

  private final Arena arena = Arena.ofShared();
  private final RunSpec spec;
  private final Model model;
  private final ParameterStore store;
  private final TrainingStep step;
  private final TokenBatch batch;
  private long updates;

  public SyntheticTraining(RunSpec spec, CpuBackend backend) {
    TrainConfig train = spec.train();
    this.spec = spec;
    this.model = ModelBuilder.build(spec.graph());
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    this.store = new ParameterStore(backend.memory(), precision, model.parameters());
    Initialization.run(store, train.seed(), backend.pool());
    Optimizer optimizer =
        train.optimizer().layer().optimizerFactory().create(train.optimizer().config());
    optimizer.slots().forEach(store::slot);
    this.step =
        new TrainingStep(
            backend,
            model,
            store,
            optimizer,
            new TrainingStep.BatchShape(train.batch(), train.length(), spec.data().packing()));
    this.batch = TokenBatch.allocate(arena, train.batch(), train.length());
    fill(tokens());
  }

  /** The rows of the stem's table, where it has one. */
  private int tokens() {
    return model.parameters().stream()
        .filter(parameter -> parameter.path().equals(Model.STEM + ".weight"))
        .mapToInt(parameter -> (int) parameter.shape().dim(0))
        .findFirst()
        .orElse(FEWEST_TOKENS);
  }

  private void fill(int tokens) {
    Random random = new Random(SEED);
    for (long i = 0; i < batch.tokens(); i++) {
      batch.ids().setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(tokens));
      batch.targets().setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(tokens));
      batch.segments().setAtIndex(ValueLayout.JAVA_INT, i, 0);
      batch.positions().setAtIndex(ValueLayout.JAVA_INT, i, (int) (i % batch.length()));
    }
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

  /** Tokens of a step. */
  public long tokensPerStep() {
    return batch.tokens();
  }

  /** One micro-step and one update. */
  public void run() {
    step.clock(SEED, updates);
    step.accumulate(batch);
    updates++;
    step.update(LEARNING_RATE, updates, spec.train().clip());
  }

  @Override
  public void close() {
    step.close();
    store.close();
    arena.close();
  }
}
