package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Overwriting gradients gives the bits that adding them to zeros gives, whatever was there. */
final class FreshSumsTest {
  private static final ModelParameter WEIGHT =
      new ModelParameter("w", Shape.of(6, 4), Initializer.constant(0.5), Parameter.Role.MATRIX);
  private static final ModelParameter BIAS =
      new ModelParameter("b", Shape.of(6), Initializer.constant(0.1), Parameter.Role.VECTOR);
  private static final ModelParameter SHIFT =
      new ModelParameter("s", Shape.of(3, 4), Initializer.constant(0.1), Parameter.Role.VECTOR);
  private static final int[] IDS = {5, 0, 5};

  /** A function of x [3, 4] and ids [3]. */
  @FunctionalInterface
  interface Function {
    Tensor of(Ops ops, Tensor x, Tensor ids);
  }

  private record Run(float[] gradients, List<Node> nodes) {}

  static Stream<Arguments> functions() {
    return Stream.of(
        function("a product", (ops, x, ids) -> ops.linear(x, WEIGHT)),
        function("a product with a bias", (ops, x, ids) -> ops.linear(x, WEIGHT, BIAS)),
        function(
            "two products",
            (ops, x, ids) -> ops.add(ops.linear(x, WEIGHT), ops.linear(ops.exp(x), WEIGHT))),
        function(
            "halves",
            (ops, x, ids) ->
                ops.multiply(ops.linear(x, WEIGHT.rows(0, 3)), ops.linear(x, WEIGHT.rows(3, 6)))),
        function(
            "some rows behind all",
            (ops, x, ids) ->
                ops.multiply(
                    ops.sum(ops.linear(x, WEIGHT), -1),
                    ops.sum(ops.linear(ops.exp(x), WEIGHT.rows(2, 5)), -1))),
        function(
            "all behind some rows",
            (ops, x, ids) ->
                ops.multiply(
                    ops.sum(ops.linear(x, WEIGHT.rows(2, 5)), -1),
                    ops.sum(ops.linear(ops.exp(x), WEIGHT), -1))),
        function("rows of a table", (ops, x, ids) -> ops.embedding(ids, WEIGHT)),
        function(
            "a table that is tied",
            (ops, x, ids) -> ops.linear(ops.embedding(ids, WEIGHT), WEIGHT, BIAS)),
        function("a slice", (ops, x, ids) -> ops.exp(ops.slice(ops.value(WEIGHT), 0, 1, 4))),
        function(
            "slices",
            (ops, x, ids) ->
                ops.multiply(
                    ops.slice(ops.value(WEIGHT), 0, 0, 3), ops.slice(ops.value(WEIGHT), 0, 3, 6))),
        function(
            "a gradient that goes to two",
            (ops, x, ids) -> ops.exp(ops.add(ops.value(SHIFT), ops.linear(x, WEIGHT.rows(0, 4))))));
  }

  private static Arguments function(String name, Function function) {
    return Arguments.of(name, function);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("functions")
  void whatWasThereIsOverwritten(String name, Function function) {
    Run added = run(function, false);
    assertThat(added.gradients()).isNotEqualTo(new float[added.gradients().length]);
    assertThat(run(function, true).gradients()).isEqualTo(added.gradients());
  }

  static Stream<Arguments> others() {
    BiConsumer<Recorder, Value> read = (recorder, sums) -> recorder.ops().exp(sums);
    BiConsumer<Recorder, Value> fill = (recorder, sums) -> recorder.fill(sums, 0);
    BiConsumer<Recorder, Value> assign =
        (recorder, sums) -> recorder.assign(sums, (Value) recorder.ops().value(WEIGHT));
    BiConsumer<Recorder, Value> add =
        (recorder, sums) -> {
          Value part = (Value) recorder.ops().slice(sums, 0, 0, 1);
          recorder.add(new Operation.Accumulate(0), List.of(sums, part), List.of(sums));
        };
    return Stream.of(
        Arguments.of("read", read),
        Arguments.of("filled", fill),
        Arguments.of("assigned", assign),
        Arguments.of("added to themselves", add));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("others")
  void sumsThatAreNotOnlyAddedToAreRefused(String name, BiConsumer<Recorder, Value> other) {
    Memory memory = Memory.meta();
    ParameterStore store = new ParameterStore(memory, Precision.F32, List.of(WEIGHT));
    store.enableGradients();
    Recorder recorder = new Recorder(store, Recorder.Bodies.FAST, true);
    other.accept(
        recorder, recorder.external(store.gradients(), new TensorType(DType.F32, WEIGHT.shape())));
    assertThatThrownBy(() -> FreshSums.begin(recorder, store.gradients()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("than add to it");
  }

  @Test
  void whatIsOnlyAddedIsComputedInItsPlace() {
    Function function = (ops, x, ids) -> ops.linear(x, WEIGHT, BIAS);
    assertThat(run(function, false).nodes()).anyMatch(FreshSumsTest::moves);
    assertThat(run(function, true).nodes()).noneMatch(FreshSumsTest::moves);
  }

  private static boolean moves(Node node) {
    return node.operation() instanceof Operation.Accumulate
        || node.operation() instanceof Operation.Assign;
  }

  /** Gradients of Σ f(x)² for a second batch; parameters that f does not know have zeros. */
  private static Run run(Function function, boolean overwrites) {
    List<ModelParameter> parameters = List.of(WEIGHT, BIAS, SHIFT);
    try (CpuBackend backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(1));
        ParameterStore store = new ParameterStore(backend.memory(), Precision.F32, parameters);
        Storage input = backend.memory().allocate("x", 12 * Float.BYTES);
        Storage indices = backend.memory().allocate("ids", IDS.length * Integer.BYTES)) {
      store.enableGradients();
      fill(store.allMasters(), 4);
      indices.segment().copyFrom(MemorySegment.ofArray(IDS));
      Recorder recorder = new Recorder(store, Recorder.Bodies.FAST, true);
      RecordingOps ops = recorder.ops();
      Value x = recorder.external(input, TensorType.f32(3, 4));
      Value ids = recorder.external(indices, new TensorType(DType.I32, Shape.of(IDS.length)));
      Tensor loss = ops.sumAll(ops.unary(Unary.SQUARE, function.of(ops, x, ids)));
      Gradients.record(recorder, loss, ops.constant(DType.F32, Shape.scalar(), 1), List.of());
      if (overwrites) {
        FreshSums.begin(recorder, store.gradients());
      }
      Program program = backend.finish(recorder, List.of());
      try (Executable executable = backend.prepare("step", program)) {
        fill(input, 6);
        executable.run(new Trial.Poison());
        fill(input, 5);
        if (!overwrites) {
          store.gradients().clear();
        }
        executable.run(new Trial.Poison());
      }
      float[] gradients = store.gradients().segment().toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < gradients.length; i++) {
        gradients[i] += 0f; // −0 and 0 are the same gradient.
      }
      return new Run(gradients, program.nodes());
    }
  }

  private static void fill(Storage storage, int seed) {
    Random random = new Random(seed);
    for (long i = 0; i < storage.bytes() / Float.BYTES; i++) {
      storage.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
  }
}
