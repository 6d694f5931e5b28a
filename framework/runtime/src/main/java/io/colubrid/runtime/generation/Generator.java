package io.colubrid.runtime.generation;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.model.StateStore;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Generates token by token from states that grow with the sequence only where a layer says so. A
 * prompt is taken in passes of a few fixed lengths, each recorded once and replayed.
 */
public final class Generator implements AutoCloseable {
  private static final int LONGEST_PASS = 512;

  private final Backend backend;
  private final Model model;
  private final ParameterStore store;
  private final StateStore states;
  private final Map<Integer, Pass> passes = new HashMap<>();
  private long length;

  private record Pass(Executable executable, Storage ids, Value logits) {}

  /**
   * @param capacity the most tokens of prompt and continuation together
   * @throws UnsupportedOperationException if the model cannot generate, saying why
   */
  public Generator(Backend backend, Model model, ParameterStore store, long capacity) {
    model
        .generationRefusal()
        .ifPresent(
            reason -> {
              throw new UnsupportedOperationException(reason);
            });
    this.backend = backend;
    this.model = model;
    this.store = store;
    this.states = new StateStore(backend.memory(), model.states(), 1, capacity);
  }

  /** Forgets the sequence. */
  public void reset() {
    states.reset();
    length = 0;
  }

  /** Bytes of the states. */
  public long stateBytes() {
    return states.bytes();
  }

  /**
   * Reads tokens behind what was read before.
   *
   * @return the scores of the token that comes next
   * @throws IllegalStateException if they do not fit into the capacity
   */
  public float[] read(int... tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("nothing to read; a prompt needs at least one token");
    }
    if (length + tokens.length > states.capacity()) {
      throw new IllegalStateException(
          "%d tokens do not fit behind %d: the capacity is %d"
              .formatted(tokens.length, length, states.capacity()));
    }
    Pass last = null;
    for (int from = 0; from < tokens.length; ) {
      int count = Math.min(Integer.highestOneBit(tokens.length - from), LONGEST_PASS);
      last = passes.computeIfAbsent(count, this::record);
      last.ids().write(0, MemorySegment.ofArray(Arrays.copyOfRange(tokens, from, from + count)));
      last.executable().run();
      from += count;
      length += count;
    }
    if (last == null) {
      throw new IllegalStateException("no pass was run");
    }
    return last.executable().read(last.logits()).toArray(ValueLayout.JAVA_FLOAT);
  }

  /** What runs when so many tokens are read at once, for plans and measurements. */
  public Program program(int count) {
    if (Integer.bitCount(count) != 1 || count > LONGEST_PASS) {
      throw new IllegalArgumentException(
          "passes are of 1, 2, 4 ... %d tokens, not of %d".formatted(LONGEST_PASS, count));
    }
    return passes.computeIfAbsent(count, this::record).executable().program();
  }

  private Pass record(int count) {
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    TensorType type = TensorType.i32(1, count);
    Storage ids = backend.memory().allocate("tokens", type.bytes());
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), states, new PassObserver() {});
    Tensor hidden = model.hidden(recorder.external(ids, type), pass);
    Ops ops = recorder.ops();
    Tensor logits = model.logits(ops.slice(hidden, 1, count - 1, count), pass);
    Value lengths = recorder.external(states.lengths(), TensorType.i32(1));
    Tensor read = ops.constant(DType.I32, Shape.of(1), count);
    recorder.assign(lengths, (Value) ops.add(lengths, read));
    Executable executable =
        backend.prepare(
            "pass of " + count + " tokens", backend.finish(recorder, List.of((Value) logits)));
    return new Pass(executable, ids, (Value) logits);
  }

  /**
   * Goes on behind what was read.
   *
   * @param logits what the last {@link #read} answered
   * @param accept is given each token, and says whether to go on
   */
  public void generate(float[] logits, Sampler sampler, int most, IntPredicate accept) {
    float[] scores = logits;
    for (int i = 0; i < most; i++) {
      int token = sampler.next(scores);
      if (!accept.test(token) || i == most - 1) {
        return;
      }
      scores = read(token);
    }
  }

  @Override
  public void close() {
    for (Pass pass : passes.values()) {
      pass.executable().close();
      pass.ids().close();
    }
    states.close();
  }
}
