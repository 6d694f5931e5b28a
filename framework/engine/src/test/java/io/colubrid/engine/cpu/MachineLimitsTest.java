package io.colubrid.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MachineLimitsTest {

  @Test
  void everyLimitIsMeasured() {
    try (var pool = new WorkerPool(2)) {
      var limits = MachineLimits.measure(pool, Blas.select(pool), 8 << 20);
      assertThat(limits.threads()).isEqualTo(2);
      assertThat(limits.fmaGflops()).isPositive().isFinite();
      assertThat(limits.gemmGflops()).isPositive().isFinite();
      assertThat(limits.readGigabytes()).isPositive().isFinite();
      assertThat(limits.copyGigabytes()).isPositive().isFinite();
      assertThat(limits.dispatchMicros()).isPositive().isFinite();
    }
  }
}
