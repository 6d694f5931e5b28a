package io.colubrid.runtime.plan;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Parameters and FLOPs by the path that declared or recorded them, and their sums by layer. */
final class PathCosts {
  /** The character behind the dot: up to there run the paths that begin with a name and a dot. */
  private static final char BEHIND_DOT = '.' + 1;

  private final NavigableMap<String, Sums> byPath = new TreeMap<>();
  private final Sums all = new Sums();

  /** Weights, and FLOPs of the forward and the backward pass. */
  private static final class Sums {
    private long parameters;
    private long forward;
    private long backward;

    void add(Collection<Sums> others) {
      for (Sums other : others) {
        parameters += other.parameters;
        forward += other.forward;
        backward += other.backward;
      }
    }
  }

  PathCosts(List<ModelParameter> parameters, List<Node> nodes) {
    for (ModelParameter parameter : parameters) {
      at(parameter.path()).parameters += parameter.shape().elements();
    }
    for (Node node : nodes) {
      Sums sums = at(node.path());
      long flops = FlopCount.of(node);
      if (node.phase() == Node.Phase.FORWARD) {
        sums.forward += flops;
      } else {
        sums.backward += flops;
      }
    }
    all.add(byPath.values());
  }

  private Sums at(String path) {
    return byPath.computeIfAbsent(path, key -> new Sums());
  }

  long forwardFlops() {
    return all.forward;
  }

  /** What the backward pass takes, with what it computes again. */
  long backwardFlops() {
    return all.backward;
  }

  /** The cost of a layer: what lies at its path or below it, or in the norm in front of it. */
  LayerCost of(String path, String type) {
    Sums sums = new Sums();
    sums.add(byPath.subMap(path, true, path, true).values());
    sums.add(byPath.subMap(path + ".", path + BEHIND_DOT).values());
    sums.add(byPath.subMap(path + "_norm.", path + "_norm" + BEHIND_DOT).values());
    return new LayerCost(path, type, sums.parameters, sums.forward, sums.backward);
  }
}
