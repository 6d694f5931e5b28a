package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.Stream;

/**
 * A recording for a GPU whose program is bound to the host's memory, so that what would be launched
 * can be told without one.
 */
final class HostProgram implements AutoCloseable {
  private final Memory memory = Memory.cpu();
  private final Recorder recorder;

  HostProgram(Precision precision, ModelParameter... parameters) {
    ParameterStore store = new ParameterStore(memory, precision, List.of(parameters));
    this.recorder = new Recorder(store, Recorder.Bodies.CUDA, false);
  }

  /** A parameter of ones: a matrix, or a vector where there is one extent. */
  static ModelParameter parameter(String name, long... extents) {
    return new ModelParameter(
        name,
        Shape.of(extents),
        Initializer.constant(1),
        extents.length > 1 ? Parameter.Role.MATRIX : Parameter.Role.VECTOR);
  }

  Ops ops() {
    return recorder.ops();
  }

  /** Memory that outlives the program. */
  Storage storage(long bytes) {
    return memory.allocate("operand", bytes);
  }

  Tensor external(Storage storage, TensorType type) {
    return recorder.external(storage, type);
  }

  /** A tensor in memory of its own that outlives the program. */
  Tensor external(TensorType type) {
    return external(storage(type.bytes()), type);
  }

  /** The program that makes some tensors, with the addresses of all that is in it. */
  CudaValues bound(List<Tensor> outputs) {
    List<Value> values = outputs.stream().map(Value.class::cast).toList();
    Program program = Program.of(recorder, values, node -> 0);
    return new CudaValues(program, memory.allocate("arena", program.arenaBytes()));
  }

  CudaValues bound(Tensor... outputs) {
    return bound(Stream.of(outputs).toList());
  }

  @Override
  public void close() {
    memory.live().forEach(Storage::close);
  }
}
