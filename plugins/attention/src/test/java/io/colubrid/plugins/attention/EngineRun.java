package io.colubrid.plugins.attention;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Records operations on an engine, runs them, and reads what came out. */
final class EngineRun implements AutoCloseable, ParameterBinding {
  private final CpuBackend backend;
  private final List<Storage> storages = new ArrayList<>();
  private final Map<String, Slot> parameters = new HashMap<>();
  private final List<Value> differentiable = new ArrayList<>();
  private final DType dtype;
  private final Recorder recorder;

  EngineRun(DType dtype, Recorder.Bodies bodies, boolean differentiating) {
    this(2, dtype, bodies, differentiating);
  }

  EngineRun(int threads, DType dtype, Recorder.Bodies bodies, boolean differentiating) {
    this.backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(threads));
    this.dtype = dtype;
    this.recorder = new Recorder(this, bodies, differentiating);
  }

  Ops ops() {
    return recorder.ops();
  }

  /** A floating input of the run's dtype, whose gradient will be wanted. */
  Value input(Shape shape, float[] elements) {
    TensorType type = new TensorType(dtype, shape);
    Value value = recorder.external(storage(type, elements), 0, type, true);
    differentiable.add(value);
    return value;
  }

  Value ints(Shape shape, int... elements) {
    TensorType type = new TensorType(DType.I32, shape);
    float[] exact = new float[elements.length];
    for (int i = 0; i < exact.length; i++) {
      exact[i] = elements[i];
    }
    return recorder.external(storage(type, exact), type);
  }

  void parameter(String path, Shape shape, float[] elements) {
    parameters.put(path, new Slot(storage(new TensorType(dtype, shape), elements), 0, dtype));
  }

  @Override
  public DType masters() {
    return dtype;
  }

  @Override
  public DType products() {
    return dtype;
  }

  /** A floating value in memory that outlives a run. */
  Value state(Storage storage, Shape shape) {
    return recorder.external(storage, new TensorType(dtype, shape));
  }

  Recorder recorder() {
    return recorder;
  }

  Storage storage(TensorType type, float[] elements) {
    Storage storage = backend.memory().allocate("test data", type.bytes());
    storages.add(storage);
    for (int i = 0; i < elements.length; i++) {
      switch (type.dtype()) {
        case I32 -> storage.segment().setAtIndex(ValueLayout.JAVA_INT, i, (int) elements[i]);
        case F64 -> storage.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, elements[i]);
        default -> storage.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, elements[i]);
      }
    }
    return storage;
  }

  /** Runs what was recorded. */
  double[][] run(Tensor... outputs) {
    List<Value> values = new ArrayList<>();
    for (Tensor output : outputs) {
      values.add((Value) output);
    }
    return read(values);
  }

  /** An output, and the gradient of Σ output·weights for every floating input. */
  double[][] runBackward(Tensor output, float[] weights) {
    return read(withGradients(output, weights));
  }

  /** Gets a function ready to be run again and again, with its gradients if there are weights. */
  Executable prepare(Tensor output, float[] weights) {
    List<Value> values = weights == null ? List.of((Value) output) : withGradients(output, weights);
    return backend.prepare("test", backend.finish(recorder, values));
  }

  private List<Value> withGradients(Tensor output, float[] weights) {
    TensorType type = new TensorType(dtype, output.shape());
    Value factors = recorder.external(storage(type, weights), type);
    Tensor loss = ops().sumAll(ops().multiply(output, factors));
    Tensor one = ops().constant(dtype, Shape.scalar(), 1);
    Map<Value, Value> gradients = Gradients.record(recorder, loss, one, differentiable);
    List<Value> values = new ArrayList<>(List.of((Value) output));
    differentiable.forEach(input -> values.add(gradients.get(input)));
    return values;
  }

  private double[][] read(List<Value> values) {
    try (Executable executable = backend.prepare("test", backend.finish(recorder, values))) {
      executable.run();
      return values.stream()
          .map(value -> doubles(executable.read(value), value.dtype()))
          .toArray(double[][]::new);
    }
  }

  private static double[] doubles(MemorySegment segment, DType dtype) {
    double[] elements = new double[(int) (segment.byteSize() / dtype.bytes())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] =
          dtype == DType.F64
              ? segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
              : segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return elements;
  }

  static float[] floats(double[] elements) {
    float[] floats = new float[elements.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) elements[i];
    }
    return floats;
  }

  @Override
  public Slot master(Parameter parameter) {
    return parameters.get(parameter.path());
  }

  @Override
  public Slot shadow(Parameter parameter) {
    return null;
  }

  @Override
  public Slot gradient(Parameter parameter) {
    return null;
  }

  @Override
  public void close() {
    storages.forEach(Storage::close);
    backend.memory().requireEmpty();
    backend.close();
  }
}
