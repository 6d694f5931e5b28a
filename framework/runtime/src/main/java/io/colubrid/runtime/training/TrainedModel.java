package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.checkpoint.OwnCheckpoint;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.config.ConfigProblemsException;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.Refusal;
import io.colubrid.runtime.run.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;

/** The newest checkpoint of a run, loaded to be used and not trained. */
public final class TrainedModel implements AutoCloseable {
  private final RunSpec spec;
  private final long step;
  private final Backend backend;
  private final Model model;
  private final ParameterStore store;

  private TrainedModel(
      RunSpec spec, long step, Backend backend, Model model, ParameterStore store) {
    this.spec = spec;
    this.step = step;
    this.backend = backend;
    this.model = model;
    this.store = store;
  }

  /**
   * Loads a run's newest sound checkpoint.
   *
   * @throws IOException if the folder holds no run, or none of its checkpoints is whole
   */
  public static TrainedModel load(RunSpecReader reader, Path folder, Backend backend)
      throws IOException {
    TrainingRun.requireRun(folder);
    Checkpoint checkpoint =
        TrainingRun.latest(folder)
            .orElseThrow(
                () ->
                    new IOException(folder + " has no checkpoint yet; train it first, or further"));
    RunSpec spec = TrainingRun.spec(reader, folder);
    Model model = ModelBuilder.build(spec.graph());
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    ParameterStore store = new ParameterStore(backend.memory(), precision, model.parameters());
    try (StoredTensors tensors = StoredTensors.open(checkpoint.folder().resolve(RunFiles.MODEL))) {
      OwnCheckpoint.load(tensors, store);
    }
    Shadows.refresh(backend, store);
    return new TrainedModel(spec, checkpoint.step(), backend, model, store);
  }

  public RunSpec spec() {
    return spec;
  }

  /** Updates that the model was trained for. */
  public long step() {
    return step;
  }

  public Model model() {
    return model;
  }

  /** Scores it on the held-out data of its run. */
  public Score evaluate() {
    try (DataSet<?> data = spec.data().open()) {
      EndsFit.require(spec, model, data.shape());
      return evaluate(data);
    }
  }

  private <B extends Batch> Score evaluate(DataSet<B> data) {
    TrainingStep.BatchShape shape = TrainingStep.BatchShape.of(spec);
    try (Evaluator<B> evaluator =
        new Evaluator<>(backend, model, store, shape, data.heldOut(spec.train().length()))) {
      return evaluator.score();
    }
  }

  /**
   * A generator with room for so many tokens.
   *
   * @throws ConfigProblemsException if layers cannot generate, with their lines in the run's config
   */
  public Generator generator(long capacity) {
    Problems problems = new Problems();
    model.generationRefusals().stream().map(Refusal::problem).forEach(problems::add);
    problems.throwIfAny();
    return new Generator(backend, model, store, capacity);
  }

  @Override
  public void close() {
    store.close();
  }
}
