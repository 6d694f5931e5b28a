package io.colubrid.engine.tape;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One recorded operation.
 *
 * @param operation what it does
 * @param inputs what it reads; null for an absent optional input
 * @param outputs what it writes
 * @param path path of the layer that recorded it, empty outside layers
 * @param phase when in a step it runs
 */
public record Node(
    Operation operation,
    List<@Nullable Value> inputs,
    List<Value> outputs,
    String path,
    Phase phase) {
  /** When in a step a node runs. */
  public enum Phase {
    FORWARD,
    /** A forward node again, because its output was not kept for the backward pass. */
    RECOMPUTATION,
    BACKWARD,
    UPDATE
  }

  /** The input at an index, which must be there. */
  public Value input(int index) {
    Value value = inputs.get(index);
    if (value == null) {
      throw new IllegalStateException(operation.name() + " has no input " + index);
    }
    return value;
  }

  public Value output() {
    return outputs.getFirst();
  }

  /** Whether it writes something that outlives the program. */
  public boolean hasSideEffect() {
    return outputs.stream().anyMatch(output -> output.buffer().isPersistent());
  }

  /** Whether gradients may come back through it. */
  boolean flows() {
    return outputs.stream().anyMatch(Value::differentiable);
  }

  /** The next node that computes something, that is no view; the number of nodes if none does. */
  public static int behind(List<Node> nodes, int index) {
    int next = index + 1;
    while (next < nodes.size() && nodes.get(next).operation() instanceof Operation.View) {
      next++;
    }
    return next;
  }

  /** The operation's name and the layer's path, for people. */
  public String label() {
    return path.isEmpty() ? operation.name() : path + " " + operation.name();
  }
}
