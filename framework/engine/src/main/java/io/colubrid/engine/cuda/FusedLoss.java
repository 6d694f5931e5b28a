package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cross entropy whose gradient can be taken in the same pass over the scores: it takes the place
 * of the scores, nobody else reads these, and what it is multiplied by is one number that is there
 * already when the loss is taken. So it is with the summed loss of a language model.
 *
 * @param loss index of the node that takes the loss
 * @param gradient index of the node that takes the gradient
 * @param scale the one number
 */
record FusedLoss(int loss, int gradient, Value scale) {

  /** All of a program, by the index of either node. */
  static Map<Integer, FusedLoss> of(Program program) {
    List<Node> nodes = program.nodes();
    Map<Value, Integer> made = new HashMap<>();
    Map<Integer, FusedLoss> all = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      for (Value output : node.outputs()) {
        made.put(output, i);
      }
      if (node.operation() instanceof Operation.CrossEntropyGradient) {
        FusedLoss fused = find(program, made, i);
        if (fused != null) {
          all.put(fused.loss, fused);
          all.put(fused.gradient, fused);
        }
      }
    }
    return all;
  }

  private static @Nullable FusedLoss find(Program program, Map<Value, Integer> made, int gradient) {
    List<Node> nodes = program.nodes();
    Node slope = nodes.get(gradient);
    Value logits = slope.input(0);
    Integer loss = made.get(slope.input(2));
    Integer repeated = made.get(slope.input(3));
    if (loss == null || repeated == null || !inPlace(program, logits, slope.output())) {
      return null;
    }
    Node source = nodes.get(repeated);
    boolean even = source.operation() instanceof Operation.Broadcast && isOne(source.input(0));
    if (!even || nodes.get(loss).input(0) != logits || isRead(nodes, logits, loss, gradient)) {
      return null;
    }
    Value scale = source.input(0);
    Integer ready = made.get(root(nodes, made, scale));
    return ready == null || ready < loss ? new FusedLoss(loss, gradient, scale) : null;
  }

  private static boolean inPlace(Program program, Value logits, Value slope) {
    return !logits.buffer().isPersistent()
        && !slope.buffer().isPersistent()
        && logits.type().equals(slope.type())
        && logits.offset() == slope.offset()
        && program.place(logits.buffer()) == program.place(slope.buffer());
  }

  private static boolean isOne(Value value) {
    return value.shape().elements() == 1;
  }

  /** Whether anybody between the two reads the scores. */
  private static boolean isRead(List<Node> nodes, Value logits, int loss, int gradient) {
    return nodes.subList(loss + 1, gradient).stream()
        .flatMap(node -> node.inputs().stream())
        .anyMatch(input -> input != null && input.buffer() == logits.buffer());
  }

  /** The value whose elements a view shows. */
  private static Value root(List<Node> nodes, Map<Value, Integer> made, Value value) {
    Value root = value;
    Integer at = made.get(root);
    while (at != null && nodes.get(at).operation() instanceof Operation.View) {
      root = nodes.get(at).input(0);
      at = made.get(root);
    }
    return root;
  }
}
