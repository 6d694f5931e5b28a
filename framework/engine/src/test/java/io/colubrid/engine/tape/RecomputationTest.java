package io.colubrid.engine.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Computing a part again in the backward pass changes no bit and takes less memory. */
final class RecomputationTest {
  private static final int LAYERS = 8;
  private static final int GROUP = 2;

  private record Run(float[] gradient, long arenaBytes) {}

  @Test
  void gradientsAreTheSameBitForBitInLessMemory() {
    Run kept = run(false);
    Run again = run(true);
    assertThat(again.gradient()).isEqualTo(kept.gradient());
    assertThat(again.gradient()).isNotEqualTo(new float[again.gradient().length]);
    assertThat(again.arenaBytes()).isLessThan(kept.arenaBytes() * 3 / 4);
  }

  private static Run run(boolean recompute) {
    TensorType type = TensorType.f32(4, 300);
    try (CpuBackend backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(2))) {
      Storage input = backend.memory().allocate("x", type.bytes());
      Storage clock = backend.memory().allocate("clock", 16);
      Random random = new Random(7);
      for (int i = 0; i < type.shape().elements(); i++) {
        input.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
      Recorder recorder = new Recorder(Trial.NO_PARAMETERS, Recorder.Bodies.FAST, true);
      recorder.clock(clock);
      Value x = recorder.external(input, 0, type, true);
      RecordingOps ops = recorder.ops();
      Tensor stream = x;
      for (int i = 0; i < LAYERS; i += GROUP) {
        Tensor before = stream;
        int first = i;
        stream =
            recompute
                ? recorder.recomputed(() -> group(ops, before, first))
                : group(ops, before, first);
      }
      Tensor one = ops.constant(DType.F32, Shape.scalar(), 1);
      Value gradient = Gradients.record(recorder, ops.sumAll(stream), one, List.of(x)).get(x);
      Program program = backend.finish(recorder, List.of(gradient));
      try (Executable executable = backend.prepare("step", program)) {
        executable.run(new Trial.Poison());
        float[] read = executable.read(gradient).toArray(ValueLayout.JAVA_FLOAT);
        return new Run(read, program.arenaBytes());
      } finally {
        input.close();
        clock.close();
        backend.memory().requireEmpty();
      }
    }
  }

  /** A GPU's product that norms as well rounds less than a product and a norm. */
  @Test
  void whatIsComputedAgainIsNotDoneTogetherWithItsNeighbours() {
    for (boolean differentiable : new boolean[] {false, true}) {
      Value x = Value.temporary(TensorType.f32(2, 8), false);
      Value y = Value.temporary(TensorType.f32(2, 8), differentiable);
      Operation.Custom joined = new Operation.Custom(new Joined(), new Joined(), false);
      Node node = new Node(joined, List.of(x), List.of(y), "", Node.Phase.FORWARD);
      assertThat(joined.isRowNorm(node)).isEqualTo(!differentiable);
      assertThat(joined.gatesRows(node)).isEqualTo(!differentiable);
      assertThat(joined.isConvolutionStep(node)).isEqualTo(!differentiable);
    }
  }

  /** An operation of which products beside it may do all. */
  private record Joined() implements UnrunOp {
    @Override
    public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
      return List.of(TensorType.f32(2, 8));
    }

    @Override
    public boolean isRowNorm(List<@Nullable TensorType> inputs) {
      return true;
    }

    @Override
    public boolean gatesRows(List<@Nullable TensorType> inputs) {
      return true;
    }

    @Override
    public boolean isConvolutionStep(List<@Nullable TensorType> inputs) {
      return true;
    }
  }

  @Test
  void aSumOfChunksWaitsForTheirOnlyComputation() {
    TensorType type = TensorType.f32(6, 5);
    try (CpuBackend backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(1))) {
      Storage input = backend.memory().allocate("x", type.bytes());
      Storage total = backend.memory().allocate("total", 2 * Float.BYTES);
      for (int i = 0; i < type.shape().elements(); i++) {
        input.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, i * 0.1f - 1);
      }
      Recorder recorder = new Recorder(Trial.NO_PARAMETERS, Recorder.Bodies.FAST, true);
      Value x = recorder.external(input, 0, type, true);
      RecordingOps ops = recorder.ops();
      Tensor sum = ops.constant(DType.F32, Shape.scalar(), 0);
      for (int from = 0; from < 6; from += 2) {
        Tensor rows = ops.slice(x, 0, from, from + 2);
        sum = ops.add(sum, recorder.recomputed(() -> ops.sumAll(ops.exp(rows))));
      }
      TensorType scalar = new TensorType(DType.F32, Shape.scalar());
      recorder.assign(recorder.external(total, scalar), (Value) sum);
      Tensor one = ops.constant(DType.F32, Shape.scalar(), 1);
      Value gradient = Gradients.record(recorder, sum, one, List.of(x)).get(x);
      Program program = backend.finish(recorder, List.of(gradient));
      assertThat(program.nodes().stream().filter(node -> node.operation().name().equals("exp")))
          .hasSize(3)
          .allMatch(node -> node.phase() == Node.Phase.FORWARD);
      try (Executable executable = backend.prepare("step", program)) {
        executable.run(new Trial.Poison());
        float[] slopes = executable.read(gradient).toArray(ValueLayout.JAVA_FLOAT);
        double all = 0;
        for (int i = 0; i < slopes.length; i++) {
          double exp = Math.exp(i * 0.1f - 1);
          assertThat((double) slopes[i]).isCloseTo(exp, within(1e-5));
          all += exp;
        }
        assertThat((double) total.segment().get(ValueLayout.JAVA_FLOAT, 0))
            .isCloseTo(all, within(1e-4));
      } finally {
        input.close();
        total.close();
      }
    }
  }

  private static Tensor group(RecordingOps ops, Tensor x, int first) {
    Tensor stream = x;
    for (int i = first; i < first + GROUP; i++) {
      RandomStream random = RandomStream.named("dropout " + i);
      Tensor inner = ops.softmax(ops.silu(ops.rmsNorm(stream, null, 1e-5)));
      inner = ops.dropout(inner, 0.3, inner.shape(), random);
      stream = ops.add(stream, ops.multiply(inner, ops.sigmoid(stream)));
    }
    return stream;
  }
}
