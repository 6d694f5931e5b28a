package io.colubrid.engine.tape;

import io.colubrid.engine.machine.VectorApi;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.OpBody;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records plugins' operations: by their body where it serves, else by their definition. */
public final class CustomRecording {
  private CustomRecording() {}

  static List<Tensor> record(Recorder recorder, Op op, List<@Nullable Value> inputs) {
    List<@Nullable TensorType> types = types(inputs);
    List<TensorType> outputs = op.outputs(types);
    OpBody body =
        switch (recorder.bodies()) {
          case FAST -> cpuBody(op);
          case CUDA -> op.cudaBody();
          case REFERENCE -> null;
        };
    boolean gradients = recorder.differentiating() && Recorder.anyDifferentiable(inputs);
    boolean served =
        body != null
            && body.accepts(types)
            && (!gradients || (op instanceof DifferentiableOp && body.hasBackward(types)));
    return body != null && served
        ? byBody(recorder, op, body, inputs, outputs, gradients)
        : byDefinition(recorder, op, inputs, outputs);
  }

  /** The body is not even asked for where it could not be loaded. */
  private static @Nullable CpuBody cpuBody(Op op) {
    return VectorApi.available() || op.runsWithoutVectors() ? op.cpuBody() : null;
  }

  /** The types of values, null for absent ones. */
  public static List<@Nullable TensorType> types(List<? extends @Nullable Value> values) {
    List<@Nullable TensorType> types = new ArrayList<>();
    for (Value value : values) {
      types.add(value == null ? null : value.type());
    }
    return Collections.unmodifiableList(types);
  }

  private static List<Tensor> byBody(
      Recorder recorder,
      Op op,
      OpBody body,
      List<@Nullable Value> inputs,
      List<TensorType> types,
      boolean gradients) {
    boolean saves = gradients && !recorder.recomputing();
    List<Value> outputs = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      outputs.add(output(op, i, inputs, types.get(i), gradients));
    }
    List<Value> all = new ArrayList<>(outputs);
    if (saves) {
      body.saved(types(inputs)).forEach(type -> all.add(Value.temporary(type, false)));
    }
    recorder.add(new Operation.Custom(op, body, saves), inputs, all);
    return List.copyOf(outputs);
  }

  private static Value output(
      Op op, int index, List<@Nullable Value> inputs, TensorType type, boolean gradients) {
    int target = op.inPlaceOf(index);
    Value overwritten = target < 0 ? null : inputs.get(target);
    if (overwritten != null) {
      return overwritten.view(type.withDtype(overwritten.dtype()), 0, false);
    }
    boolean flows = gradients && op instanceof DifferentiableOp d && d.differentiable(index);
    return Value.temporary(type, flows && type.dtype().isFloating());
  }

  private static List<Tensor> byDefinition(
      Recorder recorder, Op op, List<@Nullable Value> inputs, List<TensorType> types) {
    List<Tensor> outputs =
        new ArrayList<>(op.reference(recorder.ops(), new ArrayList<@Nullable Tensor>(inputs)));
    for (int i = 0; i < types.size(); i++) {
      if (!outputs.get(i).shape().equals(types.get(i).shape())) {
        throw new ShapeException(
            "%s: its definition gives %s for output %d, declared as %s"
                .formatted(op.name(), outputs.get(i), i, types.get(i)));
      }
      Value target = op.inPlaceOf(i) < 0 ? null : inputs.get(op.inPlaceOf(i));
      if (target == null && types.get(i).dtype() == DType.BF16) {
        outputs.set(i, recorder.ops().cast(outputs.get(i), DType.BF16));
      }
      if (target != null && !target.liesWhere((Value) outputs.get(i))) {
        outputs.set(i, assign(recorder, target, (Value) outputs.get(i)));
      }
    }
    return List.copyOf(outputs);
  }

  /** Records that a persistent value is overwritten; the result is its new content. */
  static Value assign(Recorder recorder, Value target, Value next) {
    Value overwritten = target.view(target.type(), 0, false);
    return recorder
        .add(new Operation.Assign(), List.of(target, next), List.of(overwritten))
        .getFirst();
  }
}
