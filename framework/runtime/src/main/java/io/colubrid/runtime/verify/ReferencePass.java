package io.colubrid.runtime.verify;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One pass in both directions over the inputs of a reference. The gradients of its loss are added
 * to the store's.
 *
 * @param logits [batch, length, vocabulary], or [batch, classes]
 * @param loss mean cross entropy
 * @param hiddenStates by tap
 */
record ReferencePass(
    Oracle.Numbers logits, Oracle.Numbers loss, Map<String, Oracle.Numbers> hiddenStates) {
  static ReferencePass run(LoadedModel loaded, Oracle oracle) {
    OracleInput given = oracle.input();
    DType floating = loaded.arrangement().precision().master();
    TensorType type = given.type(floating);
    TensorType targetType = given.targetType();
    try (Storage input = loaded.backend().memory().allocate("input", type.bytes());
        Storage targets = loaded.tokens("targets", targetType, given.targets())) {
      input.edit(0, input.bytes(), host -> given.write(host, floating));
      return run(loaded, type, input, targetType, targets);
    }
  }

  private static ReferencePass run(
      LoadedModel loaded, TensorType type, Storage input, TensorType targetType, Storage targets) {
    Recorder recorder = new Recorder(loaded.store(), loaded.bodies(), true);
    DType floating = loaded.arrangement().precision().master();
    Ops ops = recorder.ops();
    Taps hidden = new Taps(ops, floating);
    ModelPass pass = new ModelPass(recorder, false, RowSequences.dense(), null, hidden);
    Tensor stream = loaded.model().hidden(recorder.external(input, type), pass);
    Value logits = (Value) ops.cast(loaded.model().logits(stream, pass), floating);
    Head.Loss summed = loaded.model().loss(stream, recorder.external(targets, targetType), pass);
    Value loss = (Value) ops.divide(summed.sum(), summed.count());
    Gradients.record(recorder, loss, ops.constant(loss.dtype(), Shape.scalar(), 1), List.of());
    List<Value> outputs = new ArrayList<>(hidden.values().values());
    outputs.add(logits);
    outputs.add(loss);
    try (Executable executable =
        loaded.backend().prepare("reference pass", loaded.backend().finish(recorder, outputs))) {
      executable.run();
      Map<String, Oracle.Numbers> states = new LinkedHashMap<>();
      hidden.values().forEach((name, value) -> states.put(name, numbers(executable, value)));
      return new ReferencePass(numbers(executable, logits), numbers(executable, loss), states);
    }
  }

  private static Oracle.Numbers numbers(Executable executable, Value value) {
    return new Oracle.Numbers(value.shape(), LoadedModel.read(executable, value));
  }

  /** The first value shown under each name, in the dtype of masters. */
  private record Taps(Ops ops, DType dtype, Map<String, Value> values) implements PassObserver {
    Taps(Ops ops, DType dtype) {
      this(ops, dtype, new LinkedHashMap<>());
    }

    @Override
    public void tap(String path, Tensor value) {
      values.computeIfAbsent(path, first -> (Value) ops.cast(value, dtype));
    }
  }
}
