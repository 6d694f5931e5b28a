package io.colubrid.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.runtime.plugin.PluginLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BenchTest {
  private static final Ceilings CEILINGS = new Ceilings(200, 40, 0, "limits made up");
  private static final Repetition ONCE = new Repetition(0, 0, 1, 1);

  private final List<String> progress = new ArrayList<>();

  private BenchReport run(String... names) {
    try (CpuBackend backend = new CpuBackend()) {
      Setting setting = new Setting(backend, PluginLoader.load(List.of()).registry());
      BenchReport report = bench(setting).run(List.of(Suite.values()), List.of(names));
      assertThat(backend.memory().liveBytes()).isZero();
      return report;
    }
  }

  private Bench bench(Setting setting) {
    return bench(setting, CpuBenchmarks.all());
  }

  private Bench bench(Setting setting, List<Benchmark> all) {
    return new Bench(setting, all, ONCE, "a machine", () -> CEILINGS, progress::add);
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
        .hasMessageContaining("no benchmark of cpu is called 'gemv'; there are gemm-1024, ");
  }

  @Test
  void goesOnBehindWhatFailsAndReleasesItsMemory() {
    Benchmark failing =
        new Benchmark(
            Suite.KERNELS,
            "failing",
            "",
            List.of(),
            setting -> {
              setting.backend().memory().allocate("left behind", 64);
              throw new IllegalStateException("no such kernel");
            });
    Benchmark product =
        new Benchmark(
            Suite.KERNELS, "product", "", List.of(), s -> new GemmTrial(s.backend(), 8, 8, 8));
    try (CpuBackend backend = new CpuBackend()) {
      Setting setting = new Setting(backend, PluginLoader.load(List.of()).registry());
      BenchReport report =
          bench(setting, List.of(failing, product)).run(List.of(Suite.KERNELS), List.of());
      assertThat(report.failed()).containsExactly("failing could not be measured: no such kernel");
      assertThat(report.results()).extracting(Measurement::name).containsExactly("product");
      assertThat(report.results().getFirst().peakBytes())
          .isGreaterThan(3 * 8 * 8 * Float.BYTES - 1);
      assertThat(backend.memory().liveBytes()).isZero();
    }
  }

  @Test
  void measuresOneSuite() {
    try (CpuBackend backend = new CpuBackend()) {
      Setting setting = new Setting(backend, PluginLoader.load(List.of()).registry());
      assertThatThrownBy(() -> bench(setting).run(List.of(Suite.MODELS), List.of("gemm")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of cpu is called 'gemm'; there are train-mamba, ");
    }
  }

  @Test
  void recordsTheOperationsOfEveryGpuRowAsOneKernelOrByItsDefinition() {
    Setting gpu = new Setting(CudaBackend.meta(0), PluginLoader.load(List.of()).registry());
    Ceilings ceilings = new Ceilings(750_000, 3_000, 4_000, "limits made up");
    List<Benchmark> kernels =
        GpuBenchmarks.all().stream()
            .filter(row -> row.suite() == Suite.KERNELS && row.missing(gpu).isEmpty())
            .toList();
    assertThat(kernels).extracting(Benchmark::name).contains("scan-forward", "conv-training");
    for (Benchmark row : kernels) {
      try (Trial trial = row.open().apply(gpu)) {
        assertThat(trial.note()).isIn("", "by its definition");
        assertThat(trial.workload().floor(ceilings).millis()).as(row.name()).isPositive();
      }
    }
  }
}
