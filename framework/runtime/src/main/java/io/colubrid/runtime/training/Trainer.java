package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.FiniteCheck;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.data.DataPosition;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.PrefetchedBatch;
import io.colubrid.runtime.data.Prefetcher;
import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.data.TrainingStream;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.spi.train.Optimizer;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains one model: batches in, updates out, in an order that the spec alone decides. What it holds
 * at a step, together with the position in the data, is all that a resumed run needs.
 */
public final class Trainer implements AutoCloseable {
  private final RunSpec spec;
  private final Backend backend;
  private final DataSet<?> data;
  private final Model model;
  private final ParameterStore store;
  private final Optimizer optimizer;
  private final TrainingStep step;
  private final LearningRate schedule;
  private final TrainingListener listener;
  private DataPosition position = DataPosition.START;
  private long done;
  private long tokens;
  private double seconds;

  /**
   * @throws io.colubrid.runtime.config.ConfigProblemsException if the ends of the model do not fit
   *     the data
   */
  public Trainer(RunSpec spec, Backend backend, DataSet<?> data, TrainingListener listener) {
    this.spec = spec;
    this.backend = backend;
    this.data = data;
    this.listener = listener;
    this.model = ModelBuilder.build(spec.graph());
    EndsFit.require(spec, model, data.shape());
    TrainConfig train = spec.train();
    TrainingStep.BatchShape shape = TrainingStep.BatchShape.of(spec);
    model
        .refusal(BatchInput.kind(shape.packing()))
        .ifPresent(
            reason -> {
              throw new UnsupportedOperationException(reason + "; set data.packing = dense");
            });
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    this.store = new ParameterStore(backend.memory(), precision, model.parameters());
    Initialization.run(store, train.seed());
    this.optimizer =
        train.optimizer().layer().optimizerFactory().create(train.optimizer().config());
    optimizer.slots().forEach(store::slot);
    this.step = new TrainingStep(backend, model, store, optimizer, spec);
    this.schedule = train.learningRate().schedule();
  }

  public Model model() {
    return model;
  }

  public ParameterStore store() {
    return store;
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** The device's part of a step, for plans and profiles. */
  public TrainingStep step() {
    return step;
  }

  /** Where the run stands. */
  public TrainingState state() {
    return new TrainingState(done, position, tokens, seconds);
  }

  /** Goes on from where a run stood; parameters and slots are restored by the caller. */
  public void resume(TrainingState state) {
    done = state.step();
    position = state.position();
    tokens = state.tokens();
    seconds = state.seconds();
    step.refreshShadows();
  }

  public boolean finished() {
    return done >= spec.train().steps();
  }

  /**
   * Trains until a step.
   *
   * @param until step to stop after
   * @param stop asked between steps whether to stop earlier
   * @param curve receives a point every {@code log-every} steps and at the end
   * @throws TrainingFailedException if a gradient or loss is not finite
   */
  public void run(long until, BooleanSupplier stop, LossCurve curve) throws InterruptedException {
    run(data, until, stop, curve);
  }

  private <B extends Batch> void run(
      DataSet<B> from, long until, BooleanSupplier stop, LossCurve curve)
      throws InterruptedException {
    TrainingStream<B> stream = from.training(spec.train().length(), spec.train().seed());
    stream.seek(position);
    try (Prefetcher<B> batches =
        new Prefetcher<>(stream, spec.train().batch(), spec.data().readAhead())) {
      while (done < until && !stop.getAsBoolean()) {
        update(batches, curve);
      }
    }
  }

  private <B extends Batch> void update(Prefetcher<B> batches, LossCurve curve)
      throws InterruptedException {
    TrainConfig train = spec.train();
    long started = System.nanoTime();
    long number = done + 1;
    B last = null;
    DataPosition after = position;
    long targets = 0;
    for (int micro = 0; micro < train.accumulate(); micro++) {
      PrefetchedBatch<B> read = batches.next();
      step.clock(train.seed(), done * train.accumulate() + micro);
      step.accumulate(read.batch());
      last = read.batch();
      after = read.after();
      targets += read.targets();
    }
    double rate = schedule.at(number, train.steps());
    TrainingStep.Report report = step.update(rate, number, train.clip());
    if (report.skipped() || !Double.isFinite(report.loss())) {
      throw failed(number, last, report);
    }
    done = number;
    position = after;
    tokens += targets;
    seconds += (System.nanoTime() - started) / 1e9;
    curve.add(state(), step, report, rate, done % train.logEvery() == 0 || finished());
    listener.updated(progress(report.loss()));
  }

  private TrainingListener.Progress progress(double loss) {
    long steps = spec.train().steps();
    double left = seconds / Math.max(1, done) * (steps - done);
    return new TrainingListener.Progress(
        done,
        steps,
        loss,
        tokens / seconds,
        spec.data().task().unit(),
        Duration.ofMillis((long) (left * 1000)));
  }

  private TrainingFailedException failed(
      long number, @Nullable Batch last, TrainingStep.Report report) {
    String where = "no single tensor was found when its last batch ran again";
    if (last != null) {
      try {
        step.diagnose(last);
      } catch (FiniteCheck.NotFiniteException bad) {
        where = "the first to go bad is " + bad.getMessage();
      }
    }
    return new TrainingFailedException(
        "update %d was not carried out: loss %s, gradient norm %s; %s. The weights are those of update %d. Try a smaller learning-rate.peak or a smaller clip"
            .formatted(number, report.loss(), report.gradientNorm(), where, number - 1));
  }

  /** Scores the model as it stands on the held-out data. */
  public Score evaluate() {
    Score score = score(data);
    listener.evaluated(done, score);
    return score;
  }

  private <B extends Batch> Score score(DataSet<B> from) {
    try (Evaluator<B> evaluator =
        new Evaluator<>(
            backend,
            model,
            store,
            TrainingStep.BatchShape.of(spec),
            from.heldOut(spec.train().length()))) {
      return evaluator.score();
    }
  }

  @Override
  public void close() {
    step.close();
    store.close();
  }
}
