package io.colubrid.runtime.bench;

import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
import java.util.Collection;

/**
 * What has to be done at least.
 *
 * @param flops floating-point operations, counted as plans count them
 * @param bytes that have to come from memory or go there
 * @param exponentials that have to be taken, where they are a bound worth knowing
 * @param tokens of the stream; 0 where there is none
 */
record Workload(double flops, double bytes, double exponentials, double tokens) {

  static double flops(Collection<Node> nodes) {
    return nodes.stream().mapToDouble(FlopCount::of).sum();
  }

  /** The least time it can take, and what it is made of. */
  Floor floor(Ceilings ceilings) {
    double arithmetic = flops / ceilings.gigaflops() / 1e6;
    double memory = bytes / ceilings.gigabytes() / 1e6;
    double powers =
        ceilings.gigaexponentials() == 0 ? 0 : exponentials / ceilings.gigaexponentials() / 1e6;
    if (powers > Math.max(arithmetic, memory)) {
      return new Floor(powers, "exponentials");
    }
    return arithmetic >= memory ? new Floor(arithmetic, "arithmetic") : new Floor(memory, "memory");
  }

  /** Milliseconds, and the ceiling that sets them. */
  record Floor(double millis, String by) {}
}
