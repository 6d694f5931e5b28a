package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a kernel may read before its predecessor has ended. */
final class FirstWritesTest {
  private static final TensorType TYPE = TensorType.f32(2, 3);

  private final Memory memory = Memory.meta();
  private final ParameterStore store = new ParameterStore(memory, Precision.F32, List.of());
  private final Storage states = memory.allocate("states", 2 * TYPE.bytes());
  private final Storage input = memory.allocate("input", TYPE.bytes());
  private final Recorder recorder = recorder();
  private final Value state = recorder.external(states, TYPE);
  private final Value x = recorder.external(input, TYPE);

  private Recorder recorder() {
    return new Recorder(store, Recorder.Bodies.CUDA, false);
  }

  /** Reads a state by a view, writes it, and reads it again. */
  private Program program() {
    Ops ops = recorder.ops();
    Tensor before = ops.exp(ops.reshape(state, Shape.of(3, 2)));
    recorder.assign(state, x);
    Tensor after = ops.exp(state);
    return Program.of(recorder, List.of((Value) before, (Value) after), node -> 0);
  }

  private static int writer(Program program) {
    return IntStream.range(0, program.nodes().size())
        .filter(i -> program.nodes().get(i).operation() instanceof Operation.Assign)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aStateStandsUntilItIsWritten() {
    Program program = program();
    FirstWrites writes = FirstWrites.of(program);
    int writer = writer(program);
    Value view = (Value) recorder.ops().reshape(state, Shape.of(6));
    Value another = recorder().external(states, TYPE);
    Value besides = recorder.external(states, TYPE.bytes(), TYPE, false);
    for (Value value : List.of(state, view, another, besides)) {
      assertThat(IntStream.rangeClosed(0, writer)).allMatch(node -> writes.standsAt(value, node));
      assertThat(IntStream.range(writer + 1, program.nodes().size()))
          .isNotEmpty()
          .noneMatch(node -> writes.standsAt(value, node));
    }
    assertThat(another.buffer()).isNotSameAs(state.buffer());
  }

  @Test
  void whatNobodyWritesStandsThroughout() {
    Program program = program();
    FirstWrites writes = FirstWrites.of(program);
    assertThat(IntStream.range(0, program.nodes().size()))
        .allMatch(node -> writes.standsAt(x, node));
  }

  @Test
  void aTemporaryNeverStands() {
    Program program = program();
    FirstWrites writes = FirstWrites.of(program);
    assertThat(program.outputs())
        .allSatisfy(
            output ->
                assertThat(IntStream.range(0, program.nodes().size()))
                    .noneMatch(node -> writes.standsAt(output, node)));
  }

  @Test
  void anAbsentInputStands() {
    assertThat(FirstWrites.of(program()).standsAt(null, 1)).isTrue();
  }
}
