package io.colubrid.engine.tape;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records a forward node once more, on other inputs, for the backward pass. */
final class NodeCopy {
  private NodeCopy() {}

  static Node of(Node node, List<@Nullable Value> inputs, Recorder recorder) {
    return recorder.at(node.path(), () -> copy(node, inputs, recorder));
  }

  private static Node copy(Node node, List<@Nullable Value> inputs, Recorder recorder) {
    Operation operation = node.operation();
    List<Value> outputs = new ArrayList<>();
    if (operation instanceof Operation.View) {
      outputs.add(view(node, inputs));
    } else {
      node.outputs()
          .forEach(output -> outputs.add(Value.temporary(output.type(), output.differentiable())));
    }
    if (operation instanceof Operation.Custom custom && !custom.saves() && node.flows()) {
      operation = new Operation.Custom(custom.op(), custom.body(), true);
      custom
          .body()
          .saved(CustomRecording.types(inputs))
          .forEach(type -> outputs.add(Value.temporary(type, false)));
    }
    recorder.add(operation, inputs, outputs);
    return recorder.nodes().getLast();
  }

  private static Value view(Node node, List<@Nullable Value> inputs) {
    Value from = inputs.getFirst();
    if (from == null) {
      throw new IllegalStateException("a view of nothing");
    }
    Value output = node.output();
    return from.view(
        output.type(), output.offset() - node.input(0).offset(), output.differentiable());
  }
}
