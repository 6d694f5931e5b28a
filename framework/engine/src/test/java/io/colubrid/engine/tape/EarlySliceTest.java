package io.colubrid.engine.tape;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is asked of the last position only is computed for the last position only. */
final class EarlySliceTest {
  private static final int BATCH = 3;
  private static final int LENGTH = 32;
  private static final int WIDTH = 4;
  private static final TensorType TYPE = TensorType.f32(BATCH, LENGTH, WIDTH);
  private static final ModelParameter WEIGHT =
      new ModelParameter(
          "w", Shape.of(WIDTH, WIDTH), Initializer.constant(1), Parameter.Role.MATRIX);

  private final Backend backend = new CpuBackend();
  private final ParameterStore store =
      new ParameterStore(backend.memory(), Precision.F32, List.of(WEIGHT));
  private final Storage x = backend.memory().allocate("x", TYPE.bytes());

  @BeforeEach
  void fill() {
    fill(store.allMasters(), WIDTH * WIDTH, 1);
    fill(x, BATCH * LENGTH * WIDTH, 2);
  }

  @AfterEach
  void close() {
    x.close();
    store.close();
    backend.close();
  }

  private record Recorded(Program program, Value last, Value all) {}

  /** The last positions of tanh(x) + tanh(x)·Wᵀ, and perhaps all of them. */
  private Recorded record(boolean wantsAll) {
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    RecordingOps ops = recorder.ops();
    Tensor stream = ops.unary(Unary.TANH, recorder.external(x, TYPE));
    Value all = (Value) ops.add(stream, ops.linear(stream, WEIGHT, null));
    Value last = (Value) ops.slice(all, 1, LENGTH - 1, LENGTH);
    List<Value> outputs = wantsAll ? List.of(last, all) : List.of(last);
    return new Recorded(backend.finish(recorder, outputs), last, all);
  }

  private static boolean multipliesAll(Program program) {
    return program.nodes().stream()
        .filter(node -> node.operation() instanceof Operation.MatMul)
        .anyMatch(node -> node.output().dim(0) == BATCH * LENGTH);
  }

  @Test
  void theLastPositionsAreThoseOfAll() {
    assertThat(multipliesAll(record(false).program())).isFalse();
    Recorded both = record(true);
    assertThat(multipliesAll(both.program())).isTrue();
    requireLastOf(both);
  }

  private void requireLastOf(Recorded both) {
    try (Executable executable = backend.prepare("both", both.program())) {
      executable.run();
      requireLastOf(executable.read(both.all()), executable.read(both.last()));
    }
  }

  private static void requireLastOf(MemorySegment positions, MemorySegment found) {
    float[] all = positions.toArray(JAVA_FLOAT);
    float[] last = found.toArray(JAVA_FLOAT);
    for (int row = 0; row < BATCH; row++) {
      for (int i = 0; i < WIDTH; i++) {
        float expected = all[((row + 1) * LENGTH - 1) * WIDTH + i];
        assertThat(last[row * WIDTH + i]).isCloseTo(expected, within(1e-5f));
      }
    }
  }

  /** (x) → x/2, in place. */
  private record Halved() implements Op {
    @Override
    public String name() {
      return "halved";
    }

    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      return List.of(requireNonNull(inputs.getFirst()));
    }

    @Override
    public int inPlaceOf(int output) {
      return 0;
    }

    @Override
    public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
      return List.of(ops.scale(requireNonNull(inputs.getFirst()), 0.5));
    }
  }

  /** Something computed of a temporary that is overwritten before its last positions are taken. */
  static Stream<Arguments> functions() {
    BiFunction<Ops, Tensor, Tensor> sum = (ops, a) -> ops.add(a, a);
    BiFunction<Ops, Tensor, Tensor> product = (ops, a) -> ops.linear(a, WEIGHT);
    BiFunction<Ops, Tensor, Tensor> cast = (ops, a) -> ops.cast(a, DType.F64);
    return Stream.of(
        Arguments.of("sum", sum), Arguments.of("product", product), Arguments.of("cast", cast));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("functions")
  void whatWasOverwrittenIsNotReadAgain(String name, BiFunction<Ops, Tensor, Tensor> function) {
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    RecordingOps ops = recorder.ops();
    Tensor a = ops.unary(Unary.TANH, recorder.external(x, TYPE));
    Tensor made = function.apply(ops, a);
    Value all = (Value) ops.cast(made, DType.F32);
    Value halved = (Value) ops.apply(new Halved(), a).getFirst();
    Tensor last = ops.slice(made, 1, LENGTH - 1, LENGTH);
    Value narrow = (Value) ops.cast(last, DType.F32);
    Program program = backend.finish(recorder, List.of(all, halved, narrow));
    requireLastOf(new Recorded(program, narrow, all));
  }

  private static void fill(Storage storage, int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    storage.write(0, MemorySegment.ofArray(numbers));
  }
}
