package io.colubrid.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.runtime.plugin.PluginLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BenchTest {
  private static final MachineLimits LIMITS = new MachineLimits(2, 200, 190, 30, 40, 1);
  private static final Repetition ONCE = new Repetition(0, 0, 1, 1);

  private final List<String> progress = new ArrayList<>();

  private BenchReport run(String... names) {
    try (CpuBackend backend = new CpuBackend()) {
      Setting setting = new Setting(backend, PluginLoader.load(List.of()).registry());
      BenchReport report =
          new Bench(setting, ONCE, () -> LIMITS, progress::add).run(List.of(names));
      assertThat(backend.memory().liveBytes()).isZero();
      return report;
    }
  }

  @Test
  void measuresWhatIsNamedAndReleasesItsMemory() {
    BenchReport report = run("conv", "gemm-512");
    assertThat(report.results())
        .extracting(Measurement::name)
        .containsExactly("gemm-512x768x3072", "conv-forward", "conv-training");
    assertThat(report.results())
        .allSatisfy(
            result -> {
              assertThat(result.floorMillis()).isPositive();
              assertThat(result.ratio()).isEqualTo(result.millis() / result.floorMillis());
              assertThat(result.minMillis()).isLessThanOrEqualTo(result.maxMillis());
            });
    assertThat(report.results().getFirst().floorBy()).isEqualTo("arithmetic");
    assertThat(BenchText.of(report)).contains("conv-training", "only indicative");
  }

  @Test
  void saysWhatItLeavesOutForWantOfAPlugin() {
    BenchReport report = run("train-mamba2");
    assertThat(report.results()).isEmpty();
    assertThat(report.skipped())
        .containsExactly("train-mamba2 is left out: no plugin brings the layer 'mamba2'");
    assertThat(BenchText.of(report)).contains(report.skipped());
  }

  @Test
  void namesWhatThereIsForAnUnknownName() {
    assertThatThrownBy(() -> run("gem", "gemv"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no benchmark is called 'gemv'; there are gemm-1024, ");
  }
}
