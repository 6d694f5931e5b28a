package io.colubrid.testkit.trial;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.model.StateStore;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One recorded pass of a layer over rows of one kind and size; it can be run on many. Where
 * gradients are wanted, the objective is Σ output · outputGradient and the terms that the layer
 * adds.
 */
public final class LayerPass implements AutoCloseable {
  private static final long SEED = 11;
  private static final long STEP = 3;

  private final LayerTrial trial;
  private final List<Storage> storages = new ArrayList<>();
  private final TensorType input;
  private final Storage x;
  private final Storage segments;
  private final Storage positions;
  private final Value output;
  private final Value terms;
  private final @Nullable Storage arriving;
  private final @Nullable Value inputGradient;
  private final Executable executable;
  private final String arena;

  LayerPass(LayerTrial trial, Rows rows, boolean differentiated, @Nullable StateStore states) {
    this.trial = trial;
    this.input = new TensorType(trial.setting().dtype(), rows.shape());
    TensorType position = TensorType.i32(rows.batch(), rows.length());
    this.x = allocate("x", input);
    this.segments = allocate("segments", position);
    this.positions = allocate("positions", position);
    Recorder recorder = new Recorder(trial.store(), trial.setting().bodies(), differentiated);
    recorder.clock(clock());
    Value stream = recorder.external(x, 0, input, true);
    ObjectiveTerms added = new ObjectiveTerms();
    boolean training = trial.setting().training();
    Sequences sequences = sequences(recorder, rows, position);
    ModelPass pass = new ModelPass(recorder, training, sequences, states, added);
    Ops ops = recorder.ops();
    // What a block gives to its layer, and takes of it.
    Tensor y = Grids.forward(trial.layer(), ops.cast(stream, ops.activation()), pass);
    this.output = (Value) ops.cast(y, input.dtype());
    this.terms = (Value) ops.cast(added.sum(ops), input.dtype());
    this.arriving = differentiated ? allocate("output gradient", output.type()) : null;
    this.inputGradient = arriving == null ? null : differentiate(recorder, stream, arriving);
    Backend backend = trial.backend();
    List<Value> wanted = new ArrayList<>(List.of(output, terms));
    if (inputGradient != null) {
      wanted.add(inputGradient);
    }
    this.arena = "arena of " + trial.nextPass();
    this.executable = backend.prepare(arena, backend.finish(recorder, wanted));
  }

  private Storage allocate(String name, TensorType type) {
    Storage storage = trial.backend().memory().allocate(name, type.bytes());
    storages.add(storage);
    return storage;
  }

  private Storage clock() {
    Storage clock = allocate("clock", new TensorType(DType.I64, Shape.of(2)));
    if (!clock.isMeta()) {
      clock.write(0, MemorySegment.ofArray(new long[] {SEED, STEP}));
    }
    return clock;
  }

  private Sequences sequences(Recorder recorder, Rows rows, TensorType position) {
    return rows.kind() == Sequences.Kind.DENSE
        ? RowSequences.dense()
        : new RowSequences(
            rows.kind(),
            Optional.of(recorder.external(segments, position)),
            Optional.of(recorder.external(positions, position)));
  }

  private @Nullable Value differentiate(Recorder recorder, Value stream, Storage weights) {
    Ops ops = recorder.ops();
    Tensor weighted = ops.multiply(output, recorder.external(weights, output.type()));
    Tensor objective = ops.add(ops.sumAll(weighted), ops.cast(terms, output.dtype()));
    Tensor one = ops.constant(objective.dtype(), Shape.scalar(), 1);
    Map<Value, Value> gradients = Gradients.record(recorder, objective, one, List.of(stream));
    return gradients.get(stream);
  }

  /** Sets the gradient that arrives at each element of the output. */
  public void outputGradient(double[] elements) {
    if (arriving == null) {
      throw new IllegalStateException("this pass was recorded without a backward pass");
    }
    Elements.write(arriving, output.dtype(), elements);
  }

  /** Runs rows of the kind and size that the pass was recorded for. */
  public Result run(Rows rows) {
    write(rows);
    executable.run();
    return result();
  }

  /** The same, node by node under the eyes of an observer. */
  public Result run(Rows rows, Executable.Observer observer) {
    write(rows);
    executable.run(observer);
    return result();
  }

  private void write(Rows rows) {
    if (!rows.shape().equals(input.shape())) {
      throw new IllegalArgumentException(
          "recorded for rows %s, got %s".formatted(input.shape(), rows.shape()));
    }
    Elements.write(x, input.dtype(), rows.x());
    segments.write(0, MemorySegment.ofArray(rows.segments()));
    positions.write(0, MemorySegment.ofArray(rows.positions()));
    trial.store().gradients().clear();
  }

  private Result result() {
    double[] y = Elements.read(executable.read(output), output.dtype());
    double[] dx = new double[0];
    if (inputGradient != null) {
      dx = Elements.read(executable.read(inputGradient), input.dtype());
    } else if (arriving != null) {
      dx = new double[Math.toIntExact(input.shape().elements())];
    }
    return new Result(output.shape(), y, dx, parameterGradients());
  }

  private SortedMap<String, double[]> parameterGradients() {
    SortedMap<String, double[]> gradients = new TreeMap<>();
    ParameterStore store = trial.store();
    for (ModelParameter parameter :
        arriving == null ? List.<ModelParameter>of() : store.parameters()) {
      ParameterBinding.Slot slot = store.at(store.gradients(), parameter);
      long bytes = new TensorType(slot.dtype(), parameter.shape()).bytes();
      gradients.put(
          parameter.path(),
          slot.storage().view(slot.offset(), bytes, place -> Elements.read(place, slot.dtype())));
    }
    return gradients;
  }

  /** Σ output · weights of the last run, and the terms that the layer added to the objective. */
  public double objective(double[] weights) {
    double sum = Elements.get(executable.read(terms), terms.dtype(), 0);
    MemorySegment elements = executable.read(output);
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * Elements.get(elements, output.dtype(), i);
    }
    return sum;
  }

  public Shape outputShape() {
    return output.shape();
  }

  /** What runs. */
  public Program program() {
    return executable.program();
  }

  /** The memory of everything temporary. */
  Place arena() {
    Storage storage =
        trial.backend().memory().live().stream()
            .filter(live -> live.name().equals(arena))
            .findFirst()
            .orElseThrow();
    return new Place(storage, 0, storage.bytes());
  }

  /** Where a value lies. */
  Place place(Value value) {
    long bytes = value.type().bytes();
    return value.buffer().isPersistent()
        ? new Place(value.buffer().storage(), value.offset(), bytes)
        : arena().part(program().place(value.buffer()) + value.offset(), bytes);
  }

  /** The scratch memory of a node, if it has any. */
  Optional<Place> workspace(int node) {
    long place = program().workspace(node);
    long bytes = trial.backend().workspace(program().nodes().get(node));
    return place < 0 ? Optional.empty() : Optional.of(arena().part(place, bytes));
  }

  @Override
  public void close() {
    executable.close();
    storages.forEach(Storage::close);
  }
}
