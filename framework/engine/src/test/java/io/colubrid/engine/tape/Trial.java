package io.colubrid.engine.tape;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Records a function of a few inputs, runs it, and answers with its output and its gradients. */
final class Trial {
  /** What is tried. */
  @FunctionalInterface
  interface Function {
    Tensor of(RecordingOps ops, List<Tensor> inputs);
  }

  /** A result and the gradient of Σ output·weights for each input. */
  record Result(double[] output, List<double[]> gradients) {}

  static final ParameterBinding NO_PARAMETERS =
      new ParameterBinding() {
        @Override
        public DType masters() {
          return DType.F32;
        }

        @Override
        public DType products() {
          return DType.F32;
        }

        @Override
        public Slot master(Parameter parameter) {
          throw new IllegalArgumentException("no parameters here");
        }

        @Override
        public Slot shadow(Parameter parameter) {
          return null;
        }

        @Override
        public Slot gradient(Parameter parameter) {
          return null;
        }
      };

  static Result run(
      DType dtype, List<Shape> shapes, List<double[]> inputs, double[] weights, Function f) {
    try (CpuBackend backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(2))) {
      Result result = run(backend, dtype, shapes, inputs, weights, f);
      backend.memory().requireEmpty();
      return result;
    }
  }

  /** Runs it on any device: node by node in poisoned memory on the CPU, as a whole elsewhere. */
  static Result run(
      Backend backend,
      DType dtype,
      List<Shape> shapes,
      List<double[]> inputs,
      double[] weights,
      Function f) {
    Recorder recorder = new Recorder(NO_PARAMETERS, Recorder.Bodies.REFERENCE, true);
    List<Storage> storages = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      TensorType type = new TensorType(dtype, shapes.get(i));
      Storage storage = backend.memory().allocate("input " + i, type.bytes());
      MemorySegment host = Arena.ofAuto().allocate(type.bytes(), Long.BYTES);
      write(host, dtype, inputs.get(i));
      storage.write(0, host);
      storages.add(storage);
      values.add(recorder.external(storage, 0, type, true));
    }
    Storage clock = backend.memory().allocate("clock", 16);
    recorder.clock(clock);
    storages.add(clock);
    RecordingOps ops = recorder.ops();
    Value output = (Value) f.of(ops, new ArrayList<>(values));
    List<Value> outputs = new ArrayList<>(List.of(output));
    Map<Value, Value> gradients = Map.of();
    if (weights.length > 0) {
      Tensor weighted = ops.multiply(output, ops.constant(dtype, output.shape(), weights));
      Tensor one = ops.constant(dtype, Shape.scalar(), 1);
      gradients = Gradients.record(recorder, ops.sumAll(weighted), one, values);
      outputs.addAll(gradients.values());
    }
    try (Executable executable = backend.prepare("trial", backend.finish(recorder, outputs))) {
      if (backend instanceof CpuBackend) {
        executable.run(new Poison());
      } else {
        executable.run();
        executable.run();
      }
      List<double[]> read = new ArrayList<>();
      for (Value value : values) {
        Value gradient = gradients.get(value);
        read.add(gradient == null ? new double[0] : read(executable.read(gradient), dtype));
      }
      return new Result(read(executable.read(output), output.dtype()), read);
    } finally {
      storages.forEach(Storage::close);
    }
  }

  /** Outputs are full of NaN before their node runs, unless they lie over an input. */
  static final class Poison implements Executable.Observer {
    @Override
    public void before(Node node, Executable executable) {
      if (node.operation() instanceof Operation.View) {
        return;
      }
      for (Value output : node.outputs()) {
        MemorySegment segment = executable.read(output);
        boolean shared =
            node.inputs().stream()
                .anyMatch(
                    input ->
                        input != null
                            && executable.read(input).asOverlappingSlice(segment).isPresent());
        if (!shared) {
          segment.fill((byte) 0xFF);
        }
      }
    }
  }

  private static void write(MemorySegment segment, DType dtype, double[] elements) {
    for (int i = 0; i < elements.length; i++) {
      if (dtype == DType.F64) {
        segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, elements[i]);
      } else {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) elements[i]);
      }
    }
  }

  private static double[] read(MemorySegment segment, DType dtype) {
    int count = Math.toIntExact(segment.byteSize() / dtype.bytes());
    double[] elements = new double[count];
    for (int i = 0; i < count; i++) {
      elements[i] =
          dtype == DType.F64
              ? segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
              : segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return elements;
  }

  private Trial() {}
}
