package io.colubrid.runtime.profile;

import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Adds up the nodes of programs by a name. */
final class RowSums {
  private static final double NANOS = 1e3;

  private final Function<Node, String> name;
  private final Map<String, Sum> sums = new LinkedHashMap<>();

  RowSums(Function<Node, String> name) {
    this.name = name;
  }

  /** Makes a row appear in its place, and even if nothing is added to it. */
  void begin(String row) {
    sums.computeIfAbsent(row, key -> new Sum());
  }

  void add(NodeTimes times) {
    List<Node> nodes = times.program().nodes();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (!(node.operation() instanceof Operation.View)) {
        sums.computeIfAbsent(name.apply(node), key -> new Sum()).add(node, times.median(i));
      }
    }
  }

  double micros() {
    return sums.values().stream().mapToDouble(Sum::micros).sum();
  }

  List<ProfileRow> rows() {
    double all = micros();
    List<ProfileRow> rows = new ArrayList<>();
    sums.forEach((row, sum) -> rows.add(sum.row(row, all)));
    return rows;
  }

  private static final class Sum {
    private final double[] phases = new double[3];
    private int calls;
    private long flops;
    private long bytes;

    void add(Node node, double nanos) {
      int phase =
          switch (node.phase()) {
            case FORWARD -> 0;
            case RECOMPUTATION, BACKWARD -> 1;
            case UPDATE -> 2;
          };
      phases[phase] += nanos / NANOS;
      calls++;
      flops += FlopCount.of(node);
      bytes += NodeTraffic.of(node);
    }

    double micros() {
      return phases[0] + phases[1] + phases[2];
    }

    ProfileRow row(String name, double all) {
      double share = all == 0 ? 0 : micros() / all;
      return new ProfileRow(name, phases[0], phases[1], phases[2], share, calls, flops, bytes);
    }
  }
}
