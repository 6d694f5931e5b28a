package io.colubrid.engine.tape;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Spares the first computation of what is recomputed where nobody waits for it. A chunk of a loss
 * is only added to a sum that the backward pass does not read; so the sum can wait for the second
 * computation, and the first is dropped with everything else that nobody needs.
 */
final class Deferral {
  private final List<Node> nodes;
  private final Map<Value, Value> second;
  private final Map<Value, Value> replaced = new HashMap<>();
  private final BitSet moved = new BitSet();

  private Deferral(List<Node> nodes, Map<Value, Value> second) {
    this.nodes = nodes;
    this.second = second;
  }

  /**
   * @param nodes a recording with its backward pass
   * @param second values of recomputed regions, as the backward pass knows them
   * @return the nodes in an order in which fewer of them are needed
   */
  static List<Node> apply(
      List<Node> nodes, List<Recorder.Region> regions, Map<Value, Value> second) {
    Deferral deferral = new Deferral(nodes, second);
    regions.forEach(deferral::consider);
    return deferral.moved.isEmpty() || deferral.interferes() ? nodes : deferral.reordered();
  }

  /** Marks what depends on a region, if that is nothing but forward nodes. */
  private void consider(Recorder.Region region) {
    Map<Value, Value> own = new HashMap<>();
    for (Node node : nodes.subList(region.from(), region.to())) {
      for (Value output : node.outputs()) {
        Value again = second.get(output);
        if (again != null) {
          own.put(output, again);
        }
      }
    }
    Set<Value> dependent = new HashSet<>(own.keySet());
    BitSet later = new BitSet();
    for (int i = region.to(); i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (node.inputs().stream().anyMatch(dependent::contains)) {
        if (node.phase() != Node.Phase.FORWARD) {
          return;
        }
        dependent.addAll(node.outputs());
        later.set(i);
      }
    }
    moved.or(later);
    replaced.putAll(own);
  }

  /** Whether a node that stays touches what a moved one writes in place, or the other way round. */
  private boolean interferes() {
    for (int i = moved.nextSetBit(0); i >= 0; i = moved.nextSetBit(i + 1)) {
      for (int j = moved.nextClearBit(i); j < nodes.size(); j = moved.nextClearBit(j + 1)) {
        if (interfere(nodes.get(i), nodes.get(j))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean interfere(Node a, Node b) {
    return overlap(a.outputs(), b.outputs())
        || overlap(a.outputs(), b.inputs())
        || overlap(a.inputs(), b.outputs());
  }

  private static boolean overlap(
      List<? extends @Nullable Value> some, List<? extends @Nullable Value> others) {
    for (Value a : some) {
      for (Value b : others) {
        if (a != null && b != null && overlap(a, b)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean overlap(Value a, Value b) {
    return a.buffer().isPersistent()
        && a.buffer() == b.buffer()
        && a.offset() < b.offset() + b.type().bytes()
        && b.offset() < a.offset() + a.type().bytes();
  }

  private List<Node> reordered() {
    Set<Value> first = new HashSet<>(replaced.values());
    List<Node> ordered = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (!moved.get(i)) {
        Node node = nodes.get(i);
        boolean only = node.outputs().stream().anyMatch(first::contains);
        ordered.add(only ? in(node, node.inputs(), Node.Phase.FORWARD) : node);
      }
    }
    for (int i = moved.nextSetBit(0); i >= 0; i = moved.nextSetBit(i + 1)) {
      Node node = nodes.get(i);
      List<@Nullable Value> inputs = new ArrayList<>();
      for (Value input : node.inputs()) {
        inputs.add(input == null ? null : replaced.getOrDefault(input, input));
      }
      ordered.add(in(node, inputs, node.phase()));
    }
    return ordered;
  }

  private static Node in(Node node, List<@Nullable Value> inputs, Node.Phase phase) {
    return new Node(node.operation(), inputs, node.outputs(), node.path(), phase);
  }
}
