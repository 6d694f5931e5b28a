package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import io.colubrid.runtime.profile.NodeTraffic;
import java.util.Collection;

/**
 * What has to be done at least.
 *
 * @param flops floating-point operations, counted as plans count them
 * @param bytes that have to come from memory or go there
 * @param tokens of the stream; 0 where there is none
 */
record Workload(double flops, double bytes, double tokens) {

  /** The work of some nodes, each of which fetches its inputs from memory. */
  static Workload of(Collection<Node> nodes) {
    return new Workload(flops(nodes), nodes.stream().mapToDouble(NodeTraffic::of).sum(), 0);
  }

  static double flops(Collection<Node> nodes) {
    return nodes.stream().mapToDouble(FlopCount::of).sum();
  }

  double arithmeticMillis(MachineLimits limits) {
    return flops / limits.fmaGflops() / 1e6;
  }

  double memoryMillis(MachineLimits limits) {
    return bytes / Math.max(limits.readGigabytes(), limits.copyGigabytes()) / 1e6;
  }
}
