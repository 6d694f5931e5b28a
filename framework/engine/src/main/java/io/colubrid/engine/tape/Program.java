package io.colubrid.engine.tape;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * A finished recording: what is needed for its outputs and side effects, in order, with a place in
 * one arena for everything temporary. Since the whole order is known, every buffer is released at
 * its last use, a replay finds everything at the same addresses, and a plan of the memory is the
 * memory.
 */
public final class Program {
  private final List<Node> nodes;
  private final List<Value> outputs;
  private final Map<Buffer, Long> places;
  private final long[] workspaces;
  private final long arenaBytes;
  private final long peakLiveBytes;

  private Program(
      List<Node> nodes,
      List<Value> outputs,
      Map<Buffer, Long> places,
      long[] workspaces,
      long arenaBytes,
      long peakLiveBytes) {
    this.nodes = nodes;
    this.outputs = outputs;
    this.places = places;
    this.workspaces = workspaces;
    this.arenaBytes = arenaBytes;
    this.peakLiveBytes = peakLiveBytes;
  }

  /**
   * Finishes a recording.
   *
   * @param outputs values that must be there when the program has run
   * @param workspace scratch bytes that the backend needs for a node
   */
  public static Program of(
      Recorder recorder, Collection<Value> outputs, ToLongFunction<Node> workspace) {
    List<Node> needed = needed(recorder.nodes(), outputs);
    Lifetimes lifetimes = Lifetimes.of(needed, outputs);
    ArenaPlan plan = new ArenaPlan();
    Map<Buffer, Long> places = new HashMap<>();
    long[] workspaces = new long[needed.size()];
    for (int i = 0; i < needed.size(); i++) {
      for (Buffer born : lifetimes.bornAt(i)) {
        places.put(born, plan.take(born.bytes()));
      }
      long scratch = workspace.applyAsLong(needed.get(i));
      workspaces[i] = scratch == 0 ? -1 : plan.take(scratch);
      if (scratch > 0) {
        plan.release(workspaces[i], scratch);
      }
      for (Buffer dead : lifetimes.deadAfter(i)) {
        Long place = places.get(dead);
        if (place != null) {
          plan.release(place, dead.bytes());
        }
      }
    }
    lifetimes.merged().forEach((buffer, into) -> places.put(buffer, requirePlace(places, into)));
    return new Program(
        List.copyOf(needed),
        List.copyOf(outputs),
        places,
        workspaces,
        plan.size(),
        plan.peakLiveBytes());
  }

  private static Long requirePlace(Map<Buffer, Long> places, Buffer buffer) {
    Long place = places.get(buffer);
    if (place == null) {
      throw new IllegalStateException("a buffer was merged into one that has no place");
    }
    return place;
  }

  /** Nodes with side effects or whose outputs somebody needs, in order. */
  private static List<Node> needed(List<Node> nodes, Collection<Value> outputs) {
    Set<Value> wanted = new HashSet<>();
    wanted.addAll(outputs);
    List<Node> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      boolean effect = node.hasSideEffect() && !(node.operation() instanceof Operation.View);
      if (effect || node.outputs().stream().anyMatch(wanted::contains)) {
        kept.add(node);
        for (Value input : node.inputs()) {
          if (input != null) {
            wanted.add(input);
          }
        }
      }
    }
    return kept.reversed();
  }

  public List<Node> nodes() {
    return nodes;
  }

  public List<Value> outputs() {
    return outputs;
  }

  /** Bytes in the arena before a temporary buffer. */
  public long place(Buffer buffer) {
    return requirePlace(places, buffer);
  }

  /** Bytes in the arena before the scratch memory of a node, or −1 if it has none. */
  public long workspace(int node) {
    return workspaces[node];
  }

  /** Bytes of the arena: the peak of the live bytes, and what fragmentation adds. */
  public long arenaBytes() {
    return arenaBytes;
  }

  /** The most bytes of temporaries that are live at once. */
  public long peakLiveBytes() {
    return peakLiveBytes;
  }
}
