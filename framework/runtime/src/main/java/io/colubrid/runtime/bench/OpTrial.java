package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One operation, recorded alone on random inputs; with its gradients if they are wanted. */
final class OpTrial implements Trial {
  private final OpSubject subject;
  private final boolean backward;
  private final List<Storage> storages = new ArrayList<>();
  private final ParameterStore none;
  private final boolean served;
  private final Repeated repeated;

  OpTrial(Backend backend, OpSubject subject, boolean backward) {
    this.subject = subject;
    this.backward = backward;
    this.none = new ParameterStore(backend.memory(), Precision.F32, List.of());
    Recorder recorder = new Recorder(none, backend.bodies(), backward);
    List<@Nullable Value> inputs = new ArrayList<>();
    for (TensorType type : subject.inputs()) {
      inputs.add(type == null ? null : external(backend, recorder, type, true));
    }
    Value y = (Value) recorder.ops().apply(subject.op(), inputs.toArray(new Value[0])).getFirst();
    // Also where backward does not read it, forward is part of what is timed.
    List<Value> outputs = new ArrayList<>(List.of(y));
    if (backward) {
      Value arriving = external(backend, recorder, y.type(), false);
      List<Value> wanted = inputs.stream().filter(Objects::nonNull).toList();
      outputs.addAll(Gradients.record(recorder, y, arriving, wanted).values());
    }
    Program program = backend.finish(recorder, outputs);
    this.served = program.nodes().stream().anyMatch(node -> isBody(node.operation()));
    this.repeated = new Repeated(backend.prepare("bench", program));
  }

  private boolean isBody(Operation operation) {
    return operation instanceof Operation.Custom custom && custom.op().equals(subject.op());
  }

  private Value external(
      Backend backend, Recorder recorder, TensorType type, boolean differentiable) {
    Storage storage = RandomStorage.of(backend.memory(), "operand", type);
    storages.add(storage);
    return recorder.external(storage, 0, type, differentiable);
  }

  @Override
  public double nanos() {
    return repeated.nanos();
  }

  @Override
  public Workload workload() {
    return new Workload(
        subject.flops(backward), subject.bytes(backward), subject.exponentials(backward), 0);
  }

  @Override
  public String note() {
    return served ? "" : "by its definition";
  }

  @Override
  public void close() {
    repeated.close();
    none.close();
    storages.forEach(Storage::close);
  }
}
