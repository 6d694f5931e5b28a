package io.colubrid.testkit.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.memory.Bf16;
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
import io.colubrid.testkit.trial.Elements;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;

/**
 * Runs a function of some tensors on a GPU and on the CPU, and compares what comes out. Where its
 * streams are BF16 on the GPU, the CPU computes in F32 from the same rounded elements.
 */
public final class CudaTrial {
  /** What is tried. The first output is the one that gradients start from. */
  @FunctionalInterface
  public interface Function {
    /** Outputs, of any floating dtype. */
    List<Tensor> of(Ops ops, List<Tensor> inputs);
  }

  /** What an operand is to the function. */
  public enum Role {
    /** An activation, which has the dtype that is tried. A gradient is wanted. */
    STREAM,
    /** F32 whatever is tried. A gradient is wanted. */
    PARAMETER,
    /** F32 whatever is tried, and constant. */
    STATE,
    /** BF16 whatever is tried, and constant. */
    ROUNDED_STATE,
    /** I32. */
    WHOLE
  }

  /** An operand and its elements, row-major. */
  public record Operand(Role role, Shape shape, double[] elements) {
    /** An activation of elements between −scale and scale. */
    public static Operand stream(Random random, double scale, long... shape) {
      return new Operand(Role.STREAM, Shape.of(shape), uniform(random, scale, shape));
    }

    /** A parameter of elements between −scale and scale. */
    public static Operand parameter(Random random, double scale, long... shape) {
      return new Operand(Role.PARAMETER, Shape.of(shape), uniform(random, scale, shape));
    }

    /** A state of elements between −1 and 1. */
    public static Operand state(Random random, long... shape) {
      return new Operand(Role.STATE, Shape.of(shape), uniform(random, 1, shape));
    }

    /** The same in BF16, whatever is tried. */
    public static Operand roundedState(Random random, long... shape) {
      return new Operand(Role.ROUNDED_STATE, Shape.of(shape), uniform(random, 1, shape));
    }

    /** Given whole numbers, such as positions or offsets. */
    public static Operand whole(int[] elements, long... shape) {
      return new Operand(
          Role.WHOLE, Shape.of(shape), Arrays.stream(elements).asDoubleStream().toArray());
    }

    private static double[] uniform(Random random, double scale, long... shape) {
      return random.doubles(Shape.of(shape).elements(), -scale, scale).toArray();
    }

    private TensorType type() {
      return new TensorType(
          switch (role) {
            case WHOLE -> DType.I32;
            case ROUNDED_STATE -> DType.BF16;
            default -> DType.F32;
          },
          shape);
    }

    private boolean wanted() {
      return role == Role.STREAM || role == Role.PARAMETER;
    }

    private MemorySegment host(DType stream) {
      MemorySegment host = Arena.ofAuto().allocate(Math.max(4, type().bytes()), Long.BYTES);
      for (int i = 0; i < elements.length; i++) {
        if (role == Role.WHOLE) {
          host.setAtIndex(ValueLayout.JAVA_INT, i, (int) elements[i]);
        } else if (role == Role.ROUNDED_STATE) {
          host.setAtIndex(ValueLayout.JAVA_SHORT, i, Bf16.of((float) elements[i]));
        } else {
          boolean rounded = role == Role.STREAM && stream == DType.BF16;
          float element = (float) elements[i];
          host.setAtIndex(ValueLayout.JAVA_FLOAT, i, rounded ? Bf16.rounded(element) : element);
        }
      }
      return host.asSlice(0, type().bytes());
    }
  }

  /** Larger trials than this are skipped where every access to memory is looked at, and slow. */
  private static final String MOST_ELEMENTS = "colubrid.trial.most-elements";

  private final DType stream;
  private final boolean gradients;
  private final List<Operand> operands;
  private final Function function;
  private final List<TrialMatrix> matrices;

  /**
   * @param stream dtype of activations on the GPU: F32 or BF16
   * @param gradients whether to compare gradients of a weighted sum of the first output as well
   */
  public CudaTrial(DType stream, boolean gradients, List<Operand> operands, Function function) {
    this(stream, gradients, operands, List.of(), function);
  }

  /**
   * @param matrices parameters of the function, rounded where streams are
   */
  public CudaTrial(
      DType stream,
      boolean gradients,
      List<Operand> operands,
      List<TrialMatrix> matrices,
      Function function) {
    this.stream = stream;
    this.gradients = gradients;
    this.operands = operands;
    this.matrices = matrices;
    this.function = function;
  }

  /** Opens the first GPU; where there is none the test is skipped, saying why. */
  public static CudaBackend open() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    return new CudaBackend(0);
  }

  /**
   * Asserts that the GPU agrees with the CPU in F32 to 1e-4 and in BF16 to 2e-2, relative.
   *
   * @param gradients whether to compare gradients of a weighted sum of the first output as well
   */
  public static void agreesInBoth(
      CudaBackend cuda, boolean gradients, List<Operand> operands, Function function) {
    new CudaTrial(DType.F32, gradients, operands, function).agrees(cuda, 1e-4);
    new CudaTrial(DType.BF16, gradients, operands, function).agrees(cuda, 2e-2);
  }

  /**
   * Asserts that the GPU agrees with the CPU: ‖found − expected‖ ≤ tolerance · ‖expected‖ for every
   * output and gradient, and that a second run gives the same bits.
   */
  public void agrees(CudaBackend cuda, double tolerance) {
    requireSmall();
    List<double[]> expected;
    try (CpuBackend cpu = new CpuBackend()) {
      expected = run(cpu, Recorder.Bodies.FAST).getFirst();
    }
    List<List<double[]>> found = run(cuda, Recorder.Bodies.CUDA);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(error(found.getFirst().get(i), expected.get(i)))
          .as("relative error of result %d of %d (outputs, then gradients)", i, expected.size())
          .isLessThanOrEqualTo(tolerance);
    }
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.getLast().get(i)).as("bits of result %d", i).isEqualTo(found.get(0).get(i));
    }
  }

  private void requireSmall() {
    long most = Long.getLong(MOST_ELEMENTS, Long.MAX_VALUE);
    long elements =
        operands.stream().mapToLong(operand -> operand.shape().elements()).sum()
            + matrices.stream().mapToLong(matrix -> matrix.elements().length).sum();
    Assumptions.assumeTrue(
        elements <= most,
        () -> "%d elements, and %s is %d".formatted(elements, MOST_ELEMENTS, most));
  }

  /** Two runs from the same operands: outputs, then gradients of every operand that wants one. */
  private List<List<double[]>> run(Backend backend, Recorder.Bodies bodies) {
    boolean half = bodies == Recorder.Bodies.CUDA && stream == DType.BF16 && !matrices.isEmpty();
    ParameterStore store =
        new ParameterStore(
            backend.memory(),
            half ? Precision.BF16 : Precision.F32,
            matrices.stream().map(TrialMatrix::parameter).toList());
    matrices.forEach(matrix -> matrix.write(store, stream == DType.BF16));
    Recorder recorder = new Recorder(store, bodies, gradients);
    Storage clock = backend.memory().allocate("clock", 2 * Long.BYTES);
    clock.write(0, MemorySegment.ofArray(new long[] {1, 2}));
    recorder.clock(clock);
    List<Storage> storages = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (Operand operand : operands) {
      Storage storage = backend.memory().allocate("operand", Math.max(4, operand.type().bytes()));
      storages.add(storage);
      values.add(recorder.external(storage, 0, operand.type(), gradients && operand.wanted()));
    }
    List<Value> results = record(recorder, bodies, values);
    try (Executable program = backend.prepare("trial", backend.finish(recorder, results))) {
      return List.of(run(program, storages, results), run(program, storages, results));
    } finally {
      storages.forEach(Storage::close);
      clock.close();
      store.close();
    }
  }

  private List<double[]> run(Executable program, List<Storage> storages, List<Value> results) {
    for (int i = 0; i < storages.size(); i++) {
      storages.get(i).write(0, operands.get(i).host(stream));
    }
    program.run();
    return results.stream().map(value -> Elements.read(program.read(value), DType.F32)).toList();
  }

  private List<Value> record(Recorder recorder, Recorder.Bodies bodies, List<Value> values) {
    Ops ops = recorder.ops();
    boolean half = bodies == Recorder.Bodies.CUDA && stream == DType.BF16;
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      boolean cast = half && operands.get(i).role() == Role.STREAM;
      inputs.add(cast ? ops.cast(values.get(i), DType.BF16) : values.get(i));
    }
    List<Value> results = new ArrayList<>();
    function.of(ops, inputs).forEach(output -> results.add((Value) ops.cast(output, DType.F32)));
    if (gradients) {
      Map<Value, Value> found = gradients(recorder, results.getFirst(), values);
      values.stream().map(found::get).filter(Objects::nonNull).forEach(results::add);
    }
    return results;
  }

  private static Map<Value, Value> gradients(Recorder recorder, Value output, List<Value> values) {
    Ops ops = recorder.ops();
    Random random = new Random(11);
    double[] weights = random.doubles(output.shape().elements(), -1, 1).toArray();
    Tensor weighted = ops.multiply(output, ops.constant(DType.F32, output.shape(), weights));
    Tensor one = ops.constant(DType.F32, Shape.scalar(), 1);
    return Gradients.record(
        recorder,
        ops.sumAll(weighted),
        one,
        values.stream().filter(Value::differentiable).toList());
  }

  private static double error(double[] found, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    double error = Math.sqrt(difference / Math.max(norm, 1e-20));
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }
}
