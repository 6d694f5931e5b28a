package io.colubrid.testkit.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses of scores and their gradients, over vocabularies of odd sizes. */
@Tag("cuda")
final class CrossEntropyCudaTest {
  @RegisterExtension static final OpenGpu gpu = new OpenGpu();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "3, 2, 0.1",
    "5, 7, 0",
    "2, 256, 0.2",
    "7, 1001, 0",
    "3, 5000, 0.1",
    "4, 20011, 0"
  })
  void lossesAndGradientsAgreeWithTheCpu(int rows, int classes, double smoothing) {
    Random random = new Random(rows * 31L + classes);
    int[] targets = random.ints(rows, -1, classes).toArray();
    targets[0] = classes - 1;
    List<Operand> operands =
        List.of(Operand.stream(random, 8, rows, classes), Operand.whole(targets, rows));
    CudaTrial.Function function =
        (ops, in) -> List.of(ops.crossEntropy(in.get(0), in.get(1), smoothing));
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
  }

  /** Loss and gradient of a chunk are one kernel there. */
  @ParameterizedTest
  @CsvSource({"6, 3, 0", "8, 1001, 0.1", "4, 20011, 0"})
  void aSummedLossInChunksAgreesWithTheCpu(int rows, int classes, double smoothing) {
    float[] expected;
    try (CpuBackend cpu = new CpuBackend()) {
      expected = slopes(cpu, DType.F32, rows, classes, smoothing);
    }
    float[] found = slopes(gpu.backend(), DType.F32, rows, classes, smoothing);
    float[] half = slopes(gpu.backend(), DType.BF16, rows, classes, smoothing);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
      assertThat(half[i]).isCloseTo(expected[i], within(2e-2f));
    }
  }

  /** The gradients of scores, and their summed loss behind them. */
  private static float[] slopes(
      Backend backend, DType dtype, int rows, int classes, double smoothing) {
    TensorType type = TensorType.f32(rows, classes);
    Random random = new Random(5);
    float[] scores = new float[rows * classes];
    int[] targets = random.ints(rows, -1, classes).toArray();
    for (int i = 0; i < scores.length; i++) {
      scores[i] = random.nextFloat(-8, 8);
    }
    try (ParameterStore none = new ParameterStore(backend.memory(), Precision.F32, List.of());
        Storage x = backend.memory().allocate("scores", type.bytes());
        Storage y = backend.memory().allocate("targets", rows * 4L)) {
      x.write(0, MemorySegment.ofArray(scores));
      y.write(0, MemorySegment.ofArray(targets));
      Recorder recorder = new Recorder(none, backend.bodies(), true);
      Ops ops = recorder.ops();
      Value all = recorder.external(x, 0, type, true);
      Value wanted = recorder.external(y, TensorType.i32(rows));
      Tensor sum = ops.constant(DType.F32, Shape.scalar(), 0);
      for (int from = 0; from < rows; from += 2) {
        Tensor some = ops.slice(all, 0, from, from + 2);
        Tensor of = ops.slice(wanted, 0, from, from + 2);
        sum =
            ops.add(
                sum,
                recorder.recomputed(
                    () -> {
                      Tensor half = ops.cast(ops.scale(some, 0.5), dtype);
                      return ops.sumAll(ops.crossEntropy(half, of, smoothing));
                    }));
      }
      Tensor one = ops.constant(DType.F32, Shape.scalar(), 1);
      Value slopes = Gradients.record(recorder, sum, one, List.of(all)).get(all);
      List<Value> outputs = List.of(slopes, (Value) sum);
      float[] read = new float[scores.length + 1];
      try (Executable program = backend.prepare("loss", backend.finish(recorder, outputs))) {
        program.run();
        MemorySegment.copy(program.read(slopes), ValueLayout.JAVA_FLOAT, 0, read, 0, scores.length);
        read[scores.length] = program.read((Value) sum).get(ValueLayout.JAVA_FLOAT, 0) / rows;
      }
      return read;
    }
  }

  @ParameterizedTest
  @CsvSource({"40, 3, 16", "9, 4, 10"})
  void gradientsOfRowsAreGatheredWhereTheyCameFrom(int rows, int step, int width) {
    Random random = new Random(3);
    List<Operand> operands = List.of(Operand.stream(random, 1, rows, width));
    CudaTrial.Function function =
        (ops, in) -> {
          var sum = ops.slice(in.get(0), 0, 0, step);
          for (int from = step; from + step <= rows; from += step) {
            sum = ops.add(sum, ops.exp(ops.slice(in.get(0), 0, from, from + step)));
          }
          return List.of(ops.multiply(sum, ops.slice(in.get(0), 0, 1, step + 1)));
        };
    CudaTrial.agreesInBoth(gpu.backend(), true, operands, function);
  }
}
