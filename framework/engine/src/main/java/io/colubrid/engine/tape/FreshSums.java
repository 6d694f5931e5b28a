package io.colubrid.engine.tape;

import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lets a recording overwrite what lies in a storage of sums in place of adding to it: what is added
 * to a place first is written there, where it covers all that is added later; elsewhere zeros are.
 * A temporary that was only made to be added is computed where it belongs, without the addition.
 */
public final class FreshSums {
  private final List<@Nullable Node> nodes;
  private final Map<Buffer, List<Integer>> users = new HashMap<>();
  private final Map<Integer, Node> before = new HashMap<>();

  /** What a node adds to, in bytes of the storage. */
  private record Addition(int node, long from, long to) {}

  private FreshSums(List<Node> nodes) {
    this.nodes = new ArrayList<>(nodes);
    for (int i = 0; i < nodes.size(); i++) {
      use(nodes.get(i), i);
    }
  }

  private void use(Node node, int index) {
    List<@Nullable Value> values = new ArrayList<>(node.inputs());
    values.addAll(node.outputs());
    for (Value value : values) {
      if (value != null) {
        List<Integer> known = users.computeIfAbsent(value.buffer(), key -> new ArrayList<>());
        if (known.isEmpty() || known.getLast() != index) {
          known.add(index);
        }
      }
    }
  }

  /**
   * Changes what was recorded. Temporaries that were added to the storage are no values of the
   * recording any more.
   *
   * @param sums a storage that the recording does nothing with but add to it
   * @throws IllegalArgumentException if it does something else with it
   */
  public static void begin(Recorder recorder, Storage sums) {
    FreshSums fresh = new FreshSums(recorder.nodes());
    fresh.rewrite(sums);
    recorder.reorder(fresh.result());
  }

  /** Takes additions that overlap together, in the order of their places. */
  private void rewrite(Storage sums) {
    List<Addition> additions = additions(sums);
    additions.sort(Comparator.comparingLong(Addition::from));
    List<Addition> together = new ArrayList<>();
    long end = Long.MIN_VALUE;
    for (Addition addition : additions) {
      if (addition.from() >= end && !together.isEmpty()) {
        beginTogether(together);
        together.clear();
      }
      together.add(addition);
      end = Math.max(end, addition.to());
    }
    if (!together.isEmpty()) {
      beginTogether(together);
    }
  }

  private List<Addition> additions(Storage sums) {
    List<Addition> additions = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = node(i);
      if (node.operation() instanceof Operation.View || !touches(node, sums)) {
        continue;
      }
      requireAddition(node, sums);
      Value target = node.output();
      if (node.operation() instanceof Operation.Accumulate accumulate) {
        long from = target.offset() + accumulate.offset();
        additions.add(new Addition(i, from, from + node.input(1).type().bytes()));
      } else {
        additions.add(new Addition(i, target.offset(), target.offset() + target.type().bytes()));
      }
    }
    return additions;
  }

  private static boolean touches(Node node, Storage sums) {
    return Stream.concat(node.inputs().stream(), node.outputs().stream())
        .anyMatch(value -> isIn(sums, value));
  }

  /** Anything else would find fewer sums there than it would if they began as they were. */
  private static void requireAddition(Node node, Storage sums) {
    int target =
        switch (node.operation()) {
          case Operation.Accumulate accumulate -> 0;
          case Operation.MatMul product when product.accumulate() -> 2;
          case Operation.ScatterRows rows when rows.accumulate() -> 2;
          default -> -1;
        };
    boolean reads =
        IntStream.range(0, node.inputs().size())
            .anyMatch(input -> input != target && isIn(sums, node.inputs().get(input)));
    if (target < 0 || reads) {
      throw new IllegalArgumentException(
          "%s does something else with '%s' than add to it".formatted(node.label(), sums.name()));
    }
  }

  private static boolean isIn(Storage sums, @Nullable Value value) {
    return value != null && value.buffer().isPersistent() && value.buffer().storage() == sums;
  }

  /** Sees to it that additions that overlap begin with nothing. */
  private void beginTogether(List<Addition> together) {
    Addition first = together.stream().min(Comparator.comparingInt(Addition::node)).orElseThrow();
    long from = together.stream().mapToLong(Addition::from).min().orElseThrow();
    long to = together.stream().mapToLong(Addition::to).max().orElseThrow();
    Node node = node(first.node());
    boolean covers = first.from() == from && first.to() == to;
    switch (node.operation()) {
      case Operation.MatMul product when covers ->
          replace(
              first,
              new Operation.MatMul(product.transposeA(), product.transposeB(), false),
              node.inputs().subList(0, 2));
      case Operation.ScatterRows rows when covers ->
          replace(first, new Operation.ScatterRows(false), node.inputs().subList(0, 2));
      case Operation.Accumulate accumulate when covers -> write(first, node, accumulate.offset());
      default -> before.put(first.node(), zeros(node, from, to));
    }
  }

  private void replace(Addition first, Operation operation, List<@Nullable Value> inputs) {
    Node node = node(first.node());
    nodes.set(first.node(), like(node, operation, inputs, node.outputs()));
  }

  private static Node zeros(Node node, long from, long to) {
    Value target = node.output();
    DType dtype = target.dtype();
    TensorType type = new TensorType(dtype, Shape.of((to - from) / dtype.bytes()));
    Value all = target.view(type, from - target.offset(), false);
    return like(node, new Operation.Fill(0), List.of(), List.of(all));
  }

  /** Has a temporary computed in its place, or if others read it copied there. */
  private void write(Addition first, Node node, long offset) {
    Value added = node.input(1);
    Value place = node.output().view(added.type(), offset, false);
    // Kernels may count on how temporaries are aligned.
    boolean aligned = place.offset() % ArenaPlan.ALIGNMENT == 0;
    int maker = aligned ? onlyMaker(added, first.node()) : -1;
    if (maker < 0) {
      nodes.set(
          first.node(), like(node, new Operation.Assign(), List.of(place, added), List.of(place)));
      return;
    }
    Node making = node(maker);
    List<Value> outputs = new ArrayList<>(making.outputs());
    outputs.replaceAll(
        output -> output.buffer() == added.buffer() ? place.view(output.type(), 0, false) : output);
    nodes.set(maker, like(making, making.operation(), making.inputs(), outputs));
    nodes.set(first.node(), null);
  }

  private static Node like(
      Node node, Operation operation, List<@Nullable Value> inputs, List<Value> outputs) {
    return new Node(operation, inputs, outputs, node.path(), node.phase());
  }

  /** The node that makes a temporary, where nothing but its addition reads that; else −1. */
  private int onlyMaker(Value added, int reader) {
    if (added.buffer().isPersistent() || !isWhole(added)) {
      return -1;
    }
    int maker = -1;
    for (int user : users.getOrDefault(added.buffer(), List.of())) {
      Node node = node(user);
      if (user == reader || node.operation() instanceof Operation.View) {
        continue;
      }
      if (maker >= 0 || !makes(node, added.buffer())) {
        return -1;
      }
      maker = user;
    }
    return maker;
  }

  private static boolean isWhole(Value value) {
    return value.offset() == 0 && value.type().bytes() == value.buffer().bytes();
  }

  /** Whether a node writes all of a buffer and reads nothing of it. */
  private static boolean makes(Node node, Buffer buffer) {
    boolean reads =
        node.inputs().stream().anyMatch(input -> input != null && input.buffer() == buffer);
    List<Value> written =
        node.outputs().stream().filter(output -> output.buffer() == buffer).toList();
    return !reads && written.size() == 1 && isWhole(written.getFirst());
  }

  private Node node(int index) {
    Node node = nodes.get(index);
    if (node == null) {
      throw new IllegalStateException("node " + index + " was taken out already");
    }
    return node;
  }

  private List<Node> result() {
    List<Node> result = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node zeros = before.get(i);
      if (zeros != null) {
        result.add(zeros);
      }
      Node node = nodes.get(i);
      if (node != null) {
        result.add(node);
      }
    }
    return result;
  }
}
