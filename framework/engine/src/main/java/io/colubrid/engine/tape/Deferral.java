package io.colubrid.engine.tape;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
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
  private final Map<Value, List<Integer>> readers = new HashMap<>();

  private Deferral(List<Node> nodes, Map<Value, Value> second) {
    this.nodes = nodes;
    this.second = second;
    for (int i = 0; i < nodes.size(); i++) {
      for (Value input : nodes.get(i).inputs()) {
        if (input != null) {
          readers.computeIfAbsent(input, key -> new ArrayList<>()).add(i);
        }
      }
    }
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
    BitSet later = new BitSet();
    Deque<Value> dependent = new ArrayDeque<>(own.keySet());
    while (!dependent.isEmpty()) {
      for (int reader : readers.getOrDefault(dependent.pop(), List.of())) {
        if (reader < region.to() || later.get(reader)) {
          continue;
        }
        Node node = nodes.get(reader);
        if (node.phase() != Node.Phase.FORWARD) {
          return;
        }
        later.set(reader);
        dependent.addAll(node.outputs());
      }
    }
    moved.or(later);
    replaced.putAll(own);
  }

  /** What a moved node does with memory that outlives the program. */
  private record Access(int node, Value value, boolean writes) {}

  /** Whether a node that stays touches what a moved one writes in place, or the other way round. */
  private boolean interferes() {
    Map<Buffer, List<Access>> accesses = new HashMap<>();
    for (int i = moved.nextSetBit(0); i >= 0; i = moved.nextSetBit(i + 1)) {
      for (Access access : accesses(i)) {
        accesses.computeIfAbsent(access.value().buffer(), key -> new ArrayList<>()).add(access);
      }
    }
    for (int i = moved.nextSetBit(0); i >= 0 && i < nodes.size(); i++) {
      if (moved.get(i)) {
        continue;
      }
      for (Access here : accesses(i)) {
        List<Access> others = accesses.getOrDefault(here.value().buffer(), List.of());
        if (others.stream().anyMatch(other -> interfere(other, here))) {
          return true;
        }
      }
    }
    return false;
  }

  private List<Access> accesses(int index) {
    List<Access> accesses = new ArrayList<>();
    for (Value output : nodes.get(index).outputs()) {
      accesses.add(new Access(index, output, true));
    }
    for (Value input : nodes.get(index).inputs()) {
      if (input != null) {
        accesses.add(new Access(index, input, false));
      }
    }
    accesses.removeIf(access -> !access.value().buffer().isPersistent());
    return accesses;
  }

  /** Whether a moved node would come behind one that it must come before. */
  private static boolean interfere(Access moved, Access staying) {
    Value a = moved.value();
    Value b = staying.value();
    return moved.node() < staying.node()
        && (moved.writes() || staying.writes())
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
