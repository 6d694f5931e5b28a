package io.colubrid.runtime.cuda;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;

/** Runs one function of some tensors on a device, with gradients, and answers in F32. */
final class CudaTrial {
  /** What is tried: all outputs of F32. */
  @FunctionalInterface
  interface Function {
    List<Tensor> of(Ops ops, List<Tensor> inputs);
  }

  /** An operand: whole numbers if {@code whole}, else F32; gradients are wanted of the latter. */
  record Operand(Shape shape, double[] elements, boolean whole, boolean wanted) {
    static Operand normal(Random random, double scale, long... shape) {
      double[] elements =
          random.doubles(Shape.of(shape).elements(), -1, 1).map(x -> x * scale).toArray();
      return new Operand(Shape.of(shape), elements, false, true);
    }

    static Operand state(Random random, long... shape) {
      return new Operand(Shape.of(shape), normal(random, 1, shape).elements(), false, false);
    }

    static Operand whole(int[] elements, long... shape) {
      return new Operand(
          Shape.of(shape), Arrays.stream(elements).asDoubleStream().toArray(), true, false);
    }

    private TensorType type() {
      return new TensorType(whole ? DType.I32 : DType.F32, shape);
    }
  }

  private CudaTrial() {}

  static CudaBackend open() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    return new CudaBackend(0);
  }

  /** Outputs, then gradients of a weighted sum of them, of every wanted operand. */
  static List<double[]> run(
      Backend backend, Recorder.Bodies bodies, boolean gradients, List<Operand> of, Function f) {
    ParameterStore none = new ParameterStore(backend.memory(), Precision.F32, List.of());
    Recorder recorder = new Recorder(none, bodies, gradients);
    List<Storage> storages = new ArrayList<>();
    List<Value> values = new ArrayList<>();
    for (Operand operand : of) {
      Storage storage = backend.memory().allocate("operand", operand.type().bytes());
      storage.write(0, host(operand));
      storages.add(storage);
      values.add(recorder.external(storage, 0, operand.type(), gradients && operand.wanted()));
    }
    List<Tensor> outputs = f.of(recorder.ops(), new ArrayList<>(values));
    List<Value> all = new ArrayList<>();
    outputs.forEach(output -> all.add((Value) output));
    if (gradients) {
      Map<Value, Value> found = gradients(recorder, outputs.getFirst(), values);
      for (int i = 0; i < of.size(); i++) {
        Value gradient = found.get(values.get(i));
        if (of.get(i).wanted() && gradient != null) {
          all.add(gradient);
        }
      }
    }
    try (Executable program = backend.prepare("trial", backend.finish(recorder, all))) {
      program.run();
      return all.stream().map(value -> read(program.read(value))).toList();
    } finally {
      storages.forEach(Storage::close);
      none.close();
    }
  }

  private static Map<Value, Value> gradients(Recorder recorder, Tensor output, List<Value> values) {
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

  private static MemorySegment host(Operand operand) {
    MemorySegment host = Arena.ofAuto().allocate(operand.type().bytes(), Long.BYTES);
    for (int i = 0; i < operand.elements().length; i++) {
      if (operand.whole()) {
        host.setAtIndex(ValueLayout.JAVA_INT, i, (int) operand.elements()[i]);
      } else {
        host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) operand.elements()[i]);
      }
    }
    return host;
  }

  private static double[] read(MemorySegment segment) {
    double[] elements = new double[Math.toIntExact(segment.byteSize() / Float.BYTES)];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return elements;
  }

  static CpuBackend cpu() {
    return new CpuBackend();
  }

  /** ‖found − expected‖ / ‖expected‖. */
  static double error(double[] found, double[] expected) {
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
