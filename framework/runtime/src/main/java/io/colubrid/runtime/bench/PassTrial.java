package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.model.StateStore;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Tokens on their way through a model with random weights, from their numbers to the scores of what
 * comes next, with states advanced: the work of reading a prompt, or of writing one token. The
 * sequences stay as long as they are, so that each run does the same.
 */
final class PassTrial implements Trial {
  private static final long SEED = 1;
  private static final int VOCABULARY = 256;

  private final Shape shape;
  private final Model model;
  private final ParameterStore store;
  private final StateStore states;
  private final Storage ids;
  private final Repeated repeated;

  /**
   * What is read at once.
   *
   * @param batch sequences
   * @param length tokens of each
   * @param behind tokens that each had before
   */
  record Shape(int batch, int length, int behind) {}

  PassTrial(Backend backend, RandomModel of, Shape shape) {
    this.shape = shape;
    this.store = of.store();
    this.model = of.model();
    this.states =
        new StateStore(
            backend.memory(), model.states(), shape.batch(), shape.behind() + shape.length());
    TensorType type = TensorType.i32(shape.batch(), shape.length());
    this.ids = backend.memory().allocate("tokens", type.bytes());
    if (!backend.memory().isMeta()) {
      fill();
    }
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), states, new PassObserver() {});
    Value logits = (Value) model.next(recorder.external(ids, type), pass);
    this.repeated =
        new Repeated(backend.prepare("pass", backend.finish(recorder, List.of(logits))));
  }

  private void fill() {
    int[] lengths = new int[shape.batch()];
    Arrays.fill(lengths, shape.behind());
    states.lengths().write(0, MemorySegment.ofArray(lengths));
    long tokens = (long) shape.batch() * shape.length();
    int[] drawn = new Random(SEED).ints(tokens, 0, VOCABULARY).toArray();
    ids.write(0, MemorySegment.ofArray(drawn));
  }

  @Override
  public double nanos() {
    return repeated.nanos();
  }

  /**
   * Every weight is read once, of experts for a single token only the chosen ones; every state is
   * read and written.
   */
  @Override
  public Workload workload() {
    long tokens = (long) shape.batch() * shape.length();
    double flops = Workload.flops(repeated.executable().program().nodes());
    int width = store.precision() == Precision.BF16 ? Short.BYTES : Float.BYTES;
    long weights = tokens == 1 ? model.activeParameterCount() : store.count();
    return new Workload(flops, (double) width * weights + 2.0 * states.bytes(), 0, tokens);
  }

  @Override
  public void close() {
    repeated.close();
    ids.close();
    states.close();
  }
}
