package io.colubrid.runtime;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.ParameterBinding.Slot;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;

/** A small program on the CPU: recorded once on inputs of its own, and run as often as asked. */
public final class Trial implements AutoCloseable {
  private final CpuBackend backend;
  private final Recorder recorder;
  private final ParameterStore parameters;
  private final DType dtype;
  private final Map<Value, Storage> inputs = new HashMap<>();
  private final List<Executable> executables = new ArrayList<>();

  public Trial(Recorder.Bodies bodies, int threads) {
    this(bodies, threads, Precision.F32, List.of());
  }

  public Trial(
      Recorder.Bodies bodies, int threads, Precision precision, List<ModelParameter> declared) {
    backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(threads));
    parameters = new ParameterStore(backend.memory(), precision, declared);
    parameters.enableGradients();
    dtype = precision.master();
    recorder = new Recorder(parameters, bodies, true);
    Storage clock = backend.memory().allocate("clock", 2 * Long.BYTES);
    recorder.clock(clock);
    inputs.put(recorder.external(clock, new TensorType(DType.I64, Shape.of(2))), clock);
    Random random = new Random(17);
    for (ModelParameter parameter : declared) {
      write(master(parameter), dtype, normal(random, parameter.shape().elements(), 0.5));
    }
  }

  public Recorder recorder() {
    return recorder;
  }

  /** A constant input in the trial's precision. */
  public Value floats(Shape shape, double... elements) {
    return input(new TensorType(dtype, shape), false, elements);
  }

  /** An input that gradients flow to, in the trial's precision. */
  public Value variable(Shape shape, double... elements) {
    return input(new TensorType(dtype, shape), true, elements);
  }

  /** Zeros in BF16. */
  public Value halves(Shape shape) {
    return input(new TensorType(DType.BF16, shape), false);
  }

  public Value ints(Shape shape, int... elements) {
    TensorType type = new TensorType(DType.I32, shape);
    Storage storage = backend.memory().allocate("input", type.bytes());
    MemorySegment.copy(elements, 0, storage.segment(), JAVA_INT, 0, elements.length);
    return known(recorder.external(storage, type), storage);
  }

  private Value input(TensorType type, boolean differentiable, double... elements) {
    Storage storage = backend.memory().allocate("input", type.bytes());
    write(storage.segment(), type.dtype(), elements);
    return known(recorder.external(storage, 0, type, differentiable), storage);
  }

  private Value known(Value value, Storage storage) {
    inputs.put(value, storage);
    return value;
  }

  /** Gives an input other elements before the next run. */
  public void set(Value input, double... elements) {
    write(inputs.get(input).segment(), input.dtype(), elements);
  }

  /** The same for an input of integers. */
  public void setInts(Value input, int... elements) {
    MemorySegment segment = inputs.get(input).segment();
    MemorySegment.copy(elements, 0, segment, JAVA_INT, 0, elements.length);
  }

  /** What an input holds now, perhaps overwritten in place. */
  public double[] get(Value input) {
    return read(inputs.get(input).segment(), input.dtype());
  }

  public Executable prepare(Tensor... outputs) {
    List<Value> wanted = new ArrayList<>();
    for (Tensor output : outputs) {
      wanted.add((Value) output);
    }
    Executable executable = backend.prepare("trial", backend.finish(recorder, wanted));
    executables.add(executable);
    return executable;
  }

  public double[] elements(Executable executable, Tensor output) {
    return read(executable.read((Value) output), output.dtype());
  }

  /** Records the gradients of a scalar for some inputs; those of parameters are added up. */
  public Map<Value, Value> differentiate(Tensor scalar, Value... wanted) {
    Tensor one = recorder.ops().constant(scalar.dtype(), scalar.shape(), 1);
    return Gradients.record(recorder, scalar, one, List.of(wanted));
  }

  public double[] elements(ModelParameter parameter) {
    return read(master(parameter), dtype);
  }

  public double[] gradient(ModelParameter parameter) {
    return read(segment(parameters.gradient(parameter), parameter), dtype);
  }

  private MemorySegment master(ModelParameter parameter) {
    return segment(parameters.master(parameter), parameter);
  }

  private MemorySegment segment(Slot slot, ModelParameter parameter) {
    long bytes = new TensorType(slot.dtype(), parameter.shape()).bytes();
    return slot.storage().segment().asSlice(slot.offset(), bytes);
  }

  public static double[] normal(Random random, long count, double scale) {
    return DoubleStream.generate(random::nextGaussian).limit(count).map(x -> scale * x).toArray();
  }

  /** The largest difference of two lists of numbers; NaN where one of them has a NaN. */
  public static double distance(double[] actual, double[] expected) {
    if (actual.length != expected.length) {
      throw new IllegalArgumentException(actual.length + " elements, not " + expected.length);
    }
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  private static void write(MemorySegment segment, DType dtype, double... elements) {
    for (int i = 0; i < elements.length; i++) {
      if (dtype == DType.F64) {
        segment.setAtIndex(JAVA_DOUBLE, i, elements[i]);
      } else {
        segment.setAtIndex(JAVA_FLOAT, i, (float) elements[i]);
      }
    }
  }

  private static double[] read(MemorySegment segment, DType dtype) {
    double[] elements = new double[Math.toIntExact(segment.byteSize() / dtype.bytes())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] =
          switch (dtype) {
            case F64 -> segment.getAtIndex(JAVA_DOUBLE, i);
            case BF16 -> Float.intBitsToFloat(segment.getAtIndex(JAVA_SHORT, i) << Short.SIZE);
            default -> segment.getAtIndex(JAVA_FLOAT, i);
          };
    }
    return elements;
  }

  @Override
  public void close() {
    executables.forEach(Executable::close);
    inputs.values().forEach(Storage::close);
    parameters.close();
    backend.memory().requireEmpty();
    backend.close();
  }
}
