package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.runtime.profile.ProfileText;

/** What this machine's processors can do. */
final class CpuCeilings {
  private CpuCeilings() {}

  static Ceilings measure(CpuBackend backend) {
    MachineLimits limits = MachineLimits.measure(backend.pool(), backend.blas());
    return new Ceilings(
        limits.fmaGflops(),
        Math.max(limits.readGigabytes(), limits.copyGigabytes()),
        0,
        ProfileText.limits(limits));
  }
}
