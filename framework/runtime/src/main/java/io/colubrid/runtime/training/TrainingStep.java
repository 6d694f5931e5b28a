package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.backend.FiniteCheck;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.FreshSums;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.data.Packing;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.spi.train.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * The device's part of training, as two programs: a micro-step adds the loss and the gradients of
 * one batch to what is there; an update turns the sums into a step of the optimizer and clears
 * them. Between the input of a batch and the reading of a loss nothing is decided on the host.
 */
public final class TrainingStep implements AutoCloseable {
  private static final TensorType SCALAR = new TensorType(DType.F32, Shape.scalar());
  private static final int SUM = 0;
  private static final int COUNT = 1;

  private final Backend backend;
  private final Model model;
  private final ParameterStore store;
  private final BatchInput input;
  private final Storage clock;
  private final Storage totals;
  private final Storage settings;
  private final Storage report;
  private final LayerMetrics metrics;
  private final boolean addsUp;
  private final Executable microStep;
  private final Executable update;

  /** Sizes of a batch, and how its rows are filled. */
  public record BatchShape(int batch, int length, Packing packing) {
    /** The batches of a run. */
    public static BatchShape of(RunSpec spec) {
      TrainConfig train = spec.train();
      return new BatchShape(train.batch(), train.length(), spec.data().packing());
    }
  }

  /** What an update tells. */
  public record Report(double loss, double gradientNorm, boolean skipped) {}

  /**
   * Records both programs. With one batch an update, gradients are overwritten, never cleared.
   *
   * @param spec the run whose batches come
   */
  public TrainingStep(
      Backend backend, Model model, ParameterStore store, Optimizer optimizer, RunSpec spec) {
    this.backend = backend;
    this.model = model;
    this.store = store;
    this.addsUp = spec.train().accumulate() > 1;
    store.enableGradients();
    this.input = new BatchInput(backend.memory(), model, BatchShape.of(spec));
    this.clock = backend.memory().allocate("clock", 2 * Long.BYTES);
    this.totals = backend.memory().allocate("loss totals", 2 * Float.BYTES);
    this.settings = backend.memory().allocate("update settings", 3 * Float.BYTES);
    this.report = backend.memory().allocate("report", 4 * Float.BYTES);
    this.metrics = new LayerMetrics(backend.memory());
    this.microStep = recordMicroStep();
    refreshShadows();
    this.update =
        new UpdateProgram(backend, store, optimizer, totals, settings, report, addsUp).record();
  }

  private Executable recordMicroStep() {
    Recorder recorder = new Recorder(store, backend.bodies(), true);
    recorder.clock(clock);
    ObjectiveTerms terms = new ObjectiveTerms(metrics);
    ModelPass pass = new ModelPass(recorder, true, input.sequences(recorder), null, terms);
    Tensor hidden = model.hidden(input.input(recorder), pass);
    Head.Loss loss = model.loss(hidden, input.targets(recorder), pass);
    Ops ops = recorder.ops();
    add(recorder, SUM, loss.sum());
    add(recorder, COUNT, loss.count());
    metrics.record(recorder, backend.memory());
    Tensor objective = terms.objective(loss, ops);
    Tensor one = ops.constant(objective.dtype(), Shape.scalar(), 1);
    Gradients.record(recorder, objective, one, List.of());
    if (!addsUp) {
      FreshSums.begin(recorder, store.gradients());
    }
    return backend.prepare("training step", backend.finish(recorder, List.of()));
  }

  private void add(Recorder recorder, int index, Tensor scalar) {
    Value total = recorder.external(totals, (long) index * Float.BYTES, SCALAR, false);
    recorder.assign(total, (Value) recorder.ops().add(total, scalar));
  }

  /** Bytes of temporaries that one micro-step or update has live at once. */
  public long arenaBytes() {
    return microStep.program().arenaBytes() + update.program().arenaBytes();
  }

  public Executable microStepProgram() {
    return microStep;
  }

  public Executable updateProgram() {
    return update;
  }

  /** Brings the BF16 copies, if there are any, in line with the masters. */
  public void refreshShadows() {
    Shadows.refresh(backend, store);
  }

  /** Sets what random streams are keyed by. */
  public void clock(long seed, long step) {
    clock.write(0, MemorySegment.ofArray(new long[] {seed, step}));
  }

  /** Adds the loss and the gradients of a batch. */
  public void accumulate(Batch batch) {
    input.write(batch);
    microStep.run();
    metrics.ran();
  }

  /** Means of what layers reported and added to the objective since this was last asked. */
  public Map<String, Double> takeMetrics() {
    return metrics.take();
  }

  /**
   * Steps along the gradients that were added since the last update.
   *
   * @param number number of this update, from 1
   * @param clip largest global norm, 0 for any
   */
  public Report update(double learningRate, long number, double clip) {
    float largest = clip == 0 ? Float.POSITIVE_INFINITY : (float) clip;
    float[] set = {(float) learningRate, number, largest};
    settings.write(0, MemorySegment.ofArray(set));
    update.run();
    float[] told = new float[4];
    report.read(0, MemorySegment.ofArray(told));
    return new Report((double) told[0] / Math.max(1, told[1]), told[2], told[3] == 0);
  }

  /**
   * Runs a batch again node by node, to find what is not finite.
   *
   * @throws FiniteCheck.NotFiniteException naming the first layer and tensor that went bad
   */
  public void diagnose(Batch batch) {
    input.write(batch);
    store.gradients().clear();
    microStep.run(new FiniteCheck());
    store.gradients().clear();
  }

  @Override
  public void close() {
    microStep.close();
    update.close();
    input.close();
    metrics.close();
    List.of(clock, totals, settings, report).forEach(Storage::close);
  }
}
