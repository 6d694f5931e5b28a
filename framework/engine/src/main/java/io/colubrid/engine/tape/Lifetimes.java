package io.colubrid.engine.tape;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When the temporary buffers of a sequence of nodes are first written and last used. An output
 * takes over the buffer of an input that dies at the same node where the operation allows it.
 */
final class Lifetimes {
  private final Map<Buffer, Integer> last = new HashMap<>();
  private final Map<Buffer, Buffer> merged = new HashMap<>();
  private final List<List<Buffer>> born = new ArrayList<>();
  private final List<List<Buffer>> dead = new ArrayList<>();

  private Lifetimes() {}

  static Lifetimes of(List<Node> nodes, Collection<Value> outputs) {
    Lifetimes lifetimes = new Lifetimes();
    lifetimes.findLastUses(nodes, outputs);
    lifetimes.merge(nodes);
    lifetimes.list(nodes);
    return lifetimes;
  }

  private void findLastUses(List<Node> nodes, Collection<Value> outputs) {
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      int read = JointNodes.last(nodes, i);
      for (Value input : node.inputs()) {
        if (input != null) {
          last.merge(input.buffer(), read, Math::max);
        }
      }
      for (Value output : node.outputs()) {
        last.merge(output.buffer(), read, Math::max);
      }
    }
    outputs.forEach(output -> last.put(output.buffer(), nodes.size()));
  }

  private void merge(List<Node> nodes) {
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      int over = node.operation().overwritable();
      if (over < 0) {
        continue;
      }
      Value input = node.input(over);
      Value output = node.output();
      Buffer from = owner(input.buffer());
      boolean dies = !from.isPersistent() && lastUse(from) == i && input.offset() == 0;
      boolean fits = from.bytes() == output.buffer().bytes() && input.type().equals(output.type());
      if (dies && fits && !output.buffer().isPersistent() && !readTwice(node, over)) {
        merged.put(output.buffer(), from);
        last.put(from, lastUse(output.buffer()));
      }
    }
  }

  /** Whether the input is also read in another role, from where it must not change meanwhile. */
  private boolean readTwice(Node node, int over) {
    Buffer buffer = owner(node.input(over).buffer());
    for (int i = 0; i < node.inputs().size(); i++) {
      Value other = node.inputs().get(i);
      boolean elementwise = other != null && other.type().equals(node.input(over).type());
      if (i != over && other != null && owner(other.buffer()) == buffer && !elementwise) {
        return true;
      }
    }
    return false;
  }

  private int lastUse(Buffer buffer) {
    return last.getOrDefault(buffer, -1);
  }

  private Buffer owner(Buffer buffer) {
    Buffer owner = buffer;
    for (Buffer next = merged.get(owner); next != null; next = merged.get(owner)) {
      owner = next;
    }
    return owner;
  }

  private void list(List<Node> nodes) {
    Map<Buffer, Boolean> seen = new HashMap<>();
    for (int i = 0; i <= nodes.size(); i++) {
      born.add(new ArrayList<>());
      dead.add(new ArrayList<>());
    }
    for (int i = 0; i < nodes.size(); i++) {
      for (Value output : nodes.get(i).outputs()) {
        Buffer buffer = output.buffer();
        boolean own = !buffer.isPersistent() && !merged.containsKey(buffer);
        if (own && seen.put(buffer, true) == null) {
          born.get(i).add(buffer);
          dead.get(lastUse(buffer)).add(buffer);
        }
      }
    }
  }

  List<Buffer> bornAt(int node) {
    return born.get(node);
  }

  List<Buffer> deadAfter(int node) {
    return dead.get(node);
  }

  /** Buffers that took over another one, with that other one. */
  Map<Buffer, Buffer> merged() {
    Map<Buffer, Buffer> owners = new HashMap<>();
    merged.keySet().forEach(buffer -> owners.put(buffer, owner(buffer)));
    return owners;
  }
}
