package io.colubrid.engine.cuda;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.UnrunOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What of states the cache is told to bring, and by whom. Programs are bound to host memory. */
final class SoonReadTest {
  private static final long MIB = 1 << 20;
  private static final TensorType ROW = TensorType.f32(1, 16);

  /** (row, state) → (row, the state in place), of which the body reads everything, or some. */
  private record Step(boolean whole) implements UnrunOp {
    @Override
    public int wholeState(List<@Nullable TensorType> inputs) {
      return whole ? 1 : -1;
    }

    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      return List.of(requireNonNull(inputs.get(0)), requireNonNull(inputs.get(1)));
    }

    @Override
    public int inPlaceOf(int output) {
      return output == 1 ? 1 : -1;
    }
  }

  private final HostProgram host = new HostProgram(Precision.F32);
  private final Ops ops = host.ops();
  private Tensor row = host.external(ROW);

  @AfterEach
  void close() {
    host.close();
  }

  private Storage state(long mib) {
    return host.storage(mib * MIB);
  }

  private Tensor tensor(Storage state) {
    return host.external(state, TensorType.f32(state.bytes() / Float.BYTES));
  }

  private void launches(int count) {
    for (int i = 0; i < count; i++) {
      row = ops.exp(row);
    }
  }

  private void step(Storage state, boolean whole) {
    row = ops.apply(new Step(whole), row, tensor(state)).getFirst();
  }

  /** What the launches bring, which are the exponentials here. */
  private List<SoonRead.Part> parts() {
    CudaValues values = host.bound(row);
    List<Node> nodes = values.program().nodes();
    SoonRead soon =
        SoonRead.of(values, i -> !(nodes.get(i).operation() instanceof Operation.Custom));
    return IntStream.range(0, nodes.size())
        .filter(i -> !(nodes.get(i).operation() instanceof Operation.Custom))
        .mapToObj(soon::of)
        .toList();
  }

  private static final SoonRead.Part NOTHING = new SoonRead.Part(0, 0);

  @Test
  void launchesInFrontShareTheEnd() {
    Storage state = state(10);
    launches(2);
    step(state, true);
    launches(1);
    assertThat(parts())
        .containsExactly(
            new SoonRead.Part(state.address() + 2 * MIB, 4 * MIB),
            new SoonRead.Part(state.address() + 6 * MIB, 4 * MIB),
            NOTHING);
  }

  @Test
  void launchesBehindOneStateBringTheNext() {
    Storage first = state(8);
    Storage second = state(9);
    launches(1);
    step(first, true);
    launches(1);
    step(second, true);
    assertThat(parts())
        .containsExactly(
            new SoonRead.Part(first.address(), 8 * MIB),
            new SoonRead.Part(second.address() + MIB, 8 * MIB));
  }

  @Test
  void partsMeetAndEndWithTheState() {
    Storage state = state(9);
    launches(3);
    step(state, true);
    List<SoonRead.Part> parts = parts();
    long at = state.address() + MIB;
    for (SoonRead.Part part : parts) {
      assertThat(part.address()).isEqualTo(at);
      at += part.bytes();
    }
    assertThat(at).isEqualTo(state.address() + state.bytes());
  }

  @Test
  void smallOddAndPartlyReadStatesAreNot() {
    launches(1);
    step(state(7), true);
    launches(1);
    step(state(64), false);
    launches(1);
    step(host.storage(9 * MIB + 4), true);
    assertThat(parts()).containsExactly(NOTHING, NOTHING, NOTHING);
  }
}
