package io.colubrid.testkit.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.SelectiveScan;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tensors of more than 2³¹ elements: the last of nine rows, all of whose elements have indices
 * beyond that, is what it is when it is computed alone.
 */
@Tag("cuda")
@Tag("large")
final class LongIndexCudaTest {
  private static final int ROWS = 9;
  private static final int LENGTH = 1 << 17;
  private static final int CHANNELS = 1 << 11;
  private static final int STATES = 16;
  private static final int WINDOW = 1 << 14;
  private static final long NEEDED_BYTES = 70_000_000_000L;

  private static CudaBackend cuda;

  private final float[] positions = uniform(new Random(1), ROWS * LENGTH);
  private final float[] channels = uniform(new Random(2), CHANNELS);

  /** What is tried; rows do not know of each other. */
  @FunctionalInterface
  private interface Function {
    /**
     * @param x [rows, length, channels]
     * @param rows F32 [rows, length, 1], to make other inputs of
     */
    Tensor of(Ops ops, Tensor x, Tensor rows);
  }

  @BeforeAll
  static void open() {
    cuda = CudaTrial.open();
    long free = cuda.gpu().freeBytes();
    Assumptions.assumeTrue(
        free >= NEEDED_BYTES,
        () ->
            "needs %,d bytes of free memory on the GPU; there are %,d"
                .formatted(NEEDED_BYTES, free));
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.close();
    }
  }

  static Stream<Arguments> functions() {
    return Stream.of(
        trial("elements", DType.F32, false, (ops, x, rows) -> ops.add(ops.silu(x), x)),
        trial("elements", DType.BF16, false, (ops, x, rows) -> ops.multiply(ops.silu(x), x)),
        trial("cast", DType.F32, false, (ops, x, rows) -> ops.cast(x, DType.BF16)),
        trial("rms norm", DType.F32, false, (ops, x, rows) -> ops.rmsNorm(x, null, 1e-5)),
        trial("softmax", DType.F32, false, (ops, x, rows) -> ops.softmax(x)),
        trial("product", DType.F32, false, LongIndexCudaTest::product),
        trial("product", DType.BF16, false, LongIndexCudaTest::product),
        trial("sum", DType.F32, false, (ops, x, rows) -> ops.sum(x, 1)),
        trial("permute", DType.BF16, false, (ops, x, rows) -> ops.permute(x, 0, 2, 1)),
        trial("slice", DType.F32, false, (ops, x, rows) -> ops.slice(x, 2, 1, CHANNELS)),
        trial("convolution", DType.F32, false, LongIndexCudaTest::convolution),
        trial("convolution", DType.BF16, true, LongIndexCudaTest::convolution),
        trial("scan", DType.F32, false, LongIndexCudaTest::scan),
        trial("scan", DType.BF16, true, LongIndexCudaTest::scan));
  }

  private static Arguments trial(String name, DType dtype, boolean gradients, Function function) {
    return Arguments.of(name, dtype, gradients, function);
  }

  private static Tensor product(Ops ops, Tensor x, Tensor rows) {
    Tensor matrix = constant(ops, new Random(3), CHANNELS, CHANNELS);
    return ops.matmul(x, ops.cast(matrix, x.dtype()));
  }

  private static Tensor convolution(Ops ops, Tensor x, Tensor rows) {
    Tensor weight = constant(ops, new Random(4), CHANNELS, 1, 4);
    return new CausalConv1d(true).apply(ops, x, weight, null, null, null).y();
  }

  private static Tensor scan(Ops ops, Tensor x, Tensor rows) {
    Random random = new Random(5);
    Tensor b = ops.multiply(rows, constant(ops, random, 1, 1, STATES));
    Tensor c = ops.multiply(rows, constant(ops, random, 1, 1, STATES));
    SelectiveScan.Operands operands =
        new SelectiveScan.Operands(
            x,
            x,
            constant(ops, random, CHANNELS, STATES),
            ops.cast(b, x.dtype()),
            ops.cast(c, x.dtype()),
            constant(ops, random, CHANNELS),
            x,
            constant(ops, random, CHANNELS),
            null,
            null);
    return new SelectiveScan(true).apply(ops, operands).y();
  }

  private static Tensor constant(Ops ops, Random random, long... shape) {
    double[] elements = random.doubles(Shape.of(shape).elements(), -1, 1).toArray();
    return ops.constant(DType.F32, Shape.of(shape), elements);
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("functions")
  void theLastRowIsWhatItIsAlone(String name, DType dtype, boolean gradients, Function function) {
    float[] expected = ends(dtype, gradients, function, ROWS - 1, 1);
    float[] found = ends(dtype, gradients, function, 0, ROWS);

    assertThat(error(found, expected)).isLessThanOrEqualTo(dtype == DType.F32 ? 1e-5 : 2e-3);
  }

  /** Some elements where the last row begins and some where it ends; of a gradient as well. */
  private float[] ends(DType dtype, boolean gradients, Function function, int first, int rows) {
    float[] places = Arrays.copyOfRange(positions, first * LENGTH, (first + rows) * LENGTH);
    TensorType rowType = TensorType.f32(rows, LENGTH, 1);
    ParameterStore none = new ParameterStore(cuda.memory(), Precision.F32, List.of());
    try (Storage rowStorage = cuda.memory().allocate("rows", rowType.bytes());
        Storage channelStorage =
            cuda.memory().allocate("channels", (long) CHANNELS * Float.BYTES)) {
      rowStorage.write(0, MemorySegment.ofArray(places));
      channelStorage.write(0, MemorySegment.ofArray(channels));
      Recorder recorder = new Recorder(none, cuda.bodies(), gradients);
      Value r = recorder.external(rowStorage, 0, rowType, gradients);
      Value c = recorder.external(channelStorage, TensorType.f32(1, 1, CHANNELS));
      Ops ops = recorder.ops();
      Tensor y = function.of(ops, ops.cast(ops.multiply(r, c), dtype), r);
      Value told = (Value) (gradients ? gradient(recorder, y, r) : y);
      try (Storage out = cuda.memory().allocate("result", told.type().bytes())) {
        recorder.assign(recorder.external(out, told.type()), told);
        try (Executable program = cuda.prepare("trial", cuda.finish(recorder, List.of()))) {
          program.run();
          return ends(out, told.type(), rows);
        }
      }
    } finally {
      none.close();
    }
  }

  private static Tensor gradient(Recorder recorder, Tensor y, Value r) {
    Ops ops = recorder.ops();
    Tensor one = ops.constant(DType.F32, Shape.scalar(), 1);
    Tensor objective = ops.sumAll(ops.cast(y, DType.F32));
    Map<Value, Value> found = Gradients.record(recorder, objective, one, List.of(r));
    return Objects.requireNonNull(found.get(r));
  }

  private static float[] ends(Storage out, TensorType type, int rows) {
    long row = type.bytes() / rows;
    long window = Math.min(row, (long) WINDOW * type.dtype().bytes());
    float[] begin = read(out, out.bytes() - row, window, type.dtype());
    float[] end = read(out, out.bytes() - window, window, type.dtype());
    float[] both = Arrays.copyOf(begin, begin.length + end.length);
    System.arraycopy(end, 0, both, begin.length, end.length);
    return both;
  }

  private static float[] read(Storage out, long from, long count, DType dtype) {
    if (dtype == DType.F32) {
      return out.view(from, count, host -> host.toArray(ValueLayout.JAVA_FLOAT));
    }
    short[] halves = out.view(from, count, host -> host.toArray(ValueLayout.JAVA_SHORT));
    float[] floats = new float[halves.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.intBitsToFloat(halves[i] << Short.SIZE);
    }
    return floats;
  }

  private static float[] uniform(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = 2 * random.nextFloat() - 1;
    }
    return numbers;
  }

  private static double error(float[] found, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) found[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double error = Math.sqrt(difference / norm);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }
}
