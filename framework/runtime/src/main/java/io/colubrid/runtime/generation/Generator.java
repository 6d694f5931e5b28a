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
import org.jspecify.annotations.Nullable;

/**
 * Generates token by token from states that grow with the sequence only where a layer says so. A
 * prompt is taken in passes of a few fixed lengths, each recorded once and replayed: up to 512
 * tokens, and on a GPU as many more as it can spare the temporaries of. A step of generation reads
 * the token that the step before has drawn, and draws the next: all that passes between host and
 * device is a draw there and a token back.
 */
public final class Generator implements AutoCloseable {
  private static final int SHORT_PASS = 512;
  private static final int LONGEST_PASS = 1 << 15;

  private final Backend backend;
  private final Model model;
  private final ParameterStore store;
  private final StateStore states;
  private final Map<Integer, Pass> passes = new HashMap<>();
  private @Nullable Drawing drawing;
  private int longest;
  private long length;

  private record Pass(Executable executable, Storage ids) {
    int tokens() {
      return Math.toIntExact(ids.bytes() / Integer.BYTES);
    }
  }

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
    this.longest = backend.spareBytes() > 0 ? LONGEST_PASS : SHORT_PASS;
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
    run(tokens);
    Storage scores = drawing().scores;
    return scores.view(0, scores.bytes(), host -> host.toArray(ValueLayout.JAVA_FLOAT));
  }

  private void run(int[] tokens) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("nothing to read; a prompt needs at least one token");
    }
    requireRoom(tokens.length);
    for (int from = 0; from < tokens.length; ) {
      Pass pass = pass(tokens.length - from);
      int count = pass.tokens();
      pass.ids().write(0, MemorySegment.ofArray(Arrays.copyOfRange(tokens, from, from + count)));
      pass.executable().run();
      from += count;
      length += count;
    }
  }

  private void requireRoom(int tokens) {
    if (length + tokens > states.capacity()) {
      throw new IllegalStateException(
          "%d tokens do not fit behind %d: the capacity is %d"
              .formatted(tokens, length, states.capacity()));
    }
  }

  /** The longest pass of at most so many tokens whose temporaries the device can spare. */
  private Pass pass(int most) {
    while (true) {
      int count = Math.min(Integer.highestOneBit(most), longest);
      Pass pass = passes.get(count);
      if (pass != null) {
        return pass;
      }
      Storage ids = backend.memory().allocate("tokens", TensorType.i32(1, count).bytes());
      Program program = record(ids, count);
      long spare = backend.spareBytes();
      if (count <= SHORT_PASS || program.arenaBytes() <= spare) {
        String name = "pass of " + count + " tokens";
        passes.put(count, new Pass(backend.prepare(name, program), ids));
      } else {
        ids.close();
        long fitting = Math.max(SHORT_PASS, (long) count * spare / program.arenaBytes());
        longest = Math.toIntExact(Long.highestOneBit(fitting));
      }
    }
  }

  private Program record(Storage ids, int count) {
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    Tensor scores = scores(recorder, recorder.external(ids, TensorType.i32(1, count)));
    if (drawing == null) {
      drawing = new Drawing(scores.dim(0));
    }
    recorder.assign(drawing().scores(recorder), (Value) scores);
    return backend.finish(recorder, List.of());
  }

  /** Records a pass; F32 [vocabulary]: the scores of what follows its last token. */
  private Tensor scores(Recorder recorder, Value ids) {
    ModelPass pass =
        new ModelPass(recorder, false, RowSequences.dense(), states, new PassObserver() {});
    long count = ids.dim(1);
    Ops ops = recorder.ops();
    Tensor logits = model.next(ids, pass);
    Value lengths = recorder.external(states.lengths(), TensorType.i32(1));
    Tensor read = ops.constant(DType.I32, Shape.of(1), count);
    recorder.assign(lengths, (Value) ops.add(lengths, read));
    return ops.reshape(ops.cast(logits, DType.F32), Shape.of(logits.dim(-1)));
  }

  private Executable prepare(String name, Recorder recorder) {
    return backend.prepare(name, backend.finish(recorder, List.of()));
  }

  private Drawing drawing() {
    if (drawing == null) {
      throw new IllegalStateException("nothing was read yet");
    }
    return drawing;
  }

  /**
   * Reads a prompt behind what was read before, and goes on.
   *
   * @param accept is given each token as it is drawn, and says whether to go on
   * @throws IllegalStateException if all that does not fit into the capacity
   * @throws ArithmeticException if no score is a number
   */
  public void generate(int[] prompt, Sampling sampling, int most, IntPredicate accept) {
    run(prompt);
    Drawing drawn = drawing();
    drawn.begin(prompt);
    Draws draws = new Draws(sampling.seed());
    for (int i = 0; i < most; i++) {
      drawn.settings.write(0, MemorySegment.ofArray(sampling.settings(draws.next())));
      if (i == 0) {
        drawn.first().run();
      } else {
        requireRoom(1);
        drawn.step().run();
        length++;
      }
      if (!accept.test(drawn.read())) {
        return;
      }
    }
  }

  /** Draws tokens on the device, each from the scores that the one before led to. */
  private final class Drawing implements AutoCloseable {
    private final long vocabulary;
    private final Storage scores;
    private final Storage token;
    private final Storage seen;
    private final Storage settings;
    private @Nullable Executable first;
    private @Nullable Executable step;

    Drawing(long vocabulary) {
      this.vocabulary = vocabulary;
      this.scores = allocate("scores", TensorType.f32(vocabulary));
      this.token = allocate("drawn token", NextToken.TOKEN_TYPE);
      this.seen = allocate("seen tokens", NextToken.seenType(vocabulary));
      this.settings = allocate("sampling settings", NextToken.SETTINGS_TYPE);
    }

    private Storage allocate(String name, TensorType type) {
      return backend.memory().allocate(name, type.bytes());
    }

    Value scores(Recorder recorder) {
      return recorder.external(scores, TensorType.f32(vocabulary));
    }

    /** Forgets which tokens were seen, but for a prompt's. */
    void begin(int[] prompt) {
      byte[] marks = new byte[Math.toIntExact(vocabulary)];
      Arrays.stream(prompt).filter(id -> id < marks.length).forEach(id -> marks[id] = 1);
      seen.write(0, MemorySegment.ofArray(marks));
    }

    /** Draws from the scores behind a prompt. */
    Executable first() {
      if (first == null) {
        Recorder recorder = new Recorder(store, backend.bodies(), false);
        draw(recorder, scores(recorder));
        first = prepare("first token", recorder);
      }
      return first;
    }

    /** Reads the token that was drawn, and draws the next. */
    Executable step() {
      if (step == null) {
        Recorder recorder = new Recorder(store, backend.bodies(), false);
        Value last = recorder.external(token, NextToken.TOKEN_TYPE);
        draw(recorder, Generator.this.scores(recorder, last));
        step = prepare("next token", recorder);
      }
      return step;
    }

    private void draw(Recorder recorder, Tensor from) {
      new NextToken()
          .apply(
              recorder.ops(),
              from,
              recorder.external(token, NextToken.TOKEN_TYPE),
              recorder.external(seen, NextToken.seenType(vocabulary)),
              recorder.external(settings, NextToken.SETTINGS_TYPE));
    }

    int read() {
      int drawn = token.view(0, Integer.BYTES, host -> host.get(ValueLayout.JAVA_INT, 0));
      if (drawn < 0) {
        throw new ArithmeticException("the model's scores are not numbers; its weights went bad");
      }
      return drawn;
    }

    @Override
    public void close() {
      for (Executable executable : new Executable[] {first, step}) {
        if (executable != null) {
          executable.close();
        }
      }
      List.of(scores, token, seen, settings).forEach(Storage::close);
    }
  }

  @Override
  public void close() {
    for (Pass pass : passes.values()) {
      pass.executable().close();
      pass.ids().close();
    }
    if (drawing != null) {
      drawing.close();
    }
    states.close();
  }
}
