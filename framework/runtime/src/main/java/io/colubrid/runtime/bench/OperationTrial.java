package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** One operation, recorded alone on random inputs; with its gradient if that is wanted. */
final class OperationTrial implements Trial {
  private final List<Storage> storages = new ArrayList<>();
  private final ParameterStore none;
  private final Executable executable;

  /** Hands out the inputs of the operation. */
  final class Inputs {
    private final CpuBackend backend;
    private final Recorder recorder;
    private final List<Value> values = new ArrayList<>();

    private Inputs(CpuBackend backend, Recorder recorder) {
      this.backend = backend;
      this.recorder = recorder;
    }

    Ops ops() {
      return recorder.ops();
    }

    /** A new input, which gradients are wanted of. */
    Value next(String name, long... dims) {
      TensorType type = TensorType.f32(dims);
      Storage storage = RandomStorage.floats(backend.memory(), name, type.shape().elements());
      storages.add(storage);
      Value value = recorder.external(storage, 0, type, true);
      values.add(value);
      return value;
    }
  }

  OperationTrial(CpuBackend backend, boolean backward, Function<Inputs, Tensor> operation) {
    this.none = new ParameterStore(backend.memory(), Precision.F32, List.of());
    Recorder recorder = new Recorder(none, Recorder.Bodies.FAST, backward);
    Inputs inputs = new Inputs(backend, recorder);
    Value y = (Value) operation.apply(inputs);
    Collection<Value> outputs = List.of(y);
    if (backward) {
      List<Value> wanted = List.copyOf(inputs.values);
      Value arriving = inputs.next("gradient", y.shape().toArray());
      outputs = Gradients.record(recorder, y, arriving, wanted).values();
    }
    this.executable = backend.prepare("bench", backend.finish(recorder, outputs));
  }

  @Override
  public double nanos() {
    long start = System.nanoTime();
    executable.run();
    return System.nanoTime() - start;
  }

  @Override
  public Workload workload() {
    return Workload.of(executable.program().nodes());
  }

  @Override
  public void close() {
    executable.close();
    none.close();
    storages.forEach(Storage::close);
  }
}
