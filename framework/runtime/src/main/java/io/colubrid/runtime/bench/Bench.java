package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.profile.Profiler;
import io.colubrid.runtime.run.RunRecord;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs benchmarks one after the other. */
public final class Bench {
  private final Setting setting;
  private final List<Benchmark> all;
  private final Repetition repetition;
  private final String machine;
  private final Supplier<Ceilings> ceilings;
  private final Consumer<String> progress;

  Bench(
      Setting setting,
      List<Benchmark> all,
      Repetition repetition,
      String machine,
      Supplier<Ceilings> ceilings,
      Consumer<String> progress) {
    this.setting = setting;
    this.all = all;
    this.repetition = repetition;
    this.machine = machine;
    this.ceilings = ceilings;
    this.progress = progress;
  }

  /**
   * Makes the benchmarks of a device.
   *
   * @param backend a CPU or a GPU, on which nothing else is live
   * @param progress is told what is being measured
   */
  public static Bench of(Backend backend, LayerRegistry registry, Consumer<String> progress) {
    Setting setting = new Setting(backend, registry);
    return switch (backend) {
      case CpuBackend cpu ->
          new Bench(
              setting,
              CpuBenchmarks.all(),
              Repetition.OF_CPU,
              Profiler.machine(cpu),
              () -> CpuCeilings.measure(cpu),
              progress);
      case CudaBackend cuda ->
          new Bench(
              setting,
              GpuBenchmarks.all(),
              Repetition.OF_GPU,
              cuda.gpu() + ", " + cuda.hardware().blas(),
              () -> GpuCeilings.measure(cuda),
              progress);
      default -> throw new IllegalArgumentException("nothing can be measured on " + backend.name());
    };
  }

  /**
   * Measures. What fails is told in the report and does not keep the others from being measured.
   *
   * @param suites what to measure
   * @param names benchmarks, or beginnings of their names; empty for all of the suites
   * @throws IllegalArgumentException if nothing goes by one of the names
   */
  public BenchReport run(List<Suite> suites, List<String> names) {
    List<Benchmark> chosen = chosen(suites, names);
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    progress.accept("measuring the limits of " + setting.backend().name());
    Ceilings limits = ceilings.get();
    List<Measurement> results = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    List<String> failed = new ArrayList<>();
    for (Benchmark benchmark : chosen) {
      Optional<String> missing = benchmark.missing(setting);
      if (missing.isPresent()) {
        skipped.add(
            "%s is left out: no plugin brings the layer '%s'"
                .formatted(benchmark.name(), missing.get()));
        continue;
      }
      progress.accept("measuring " + benchmark.name());
      try {
        Measurement result = measure(benchmark, limits);
        results.add(result);
        progress.accept(
            "  %.3f ms, %.2f times the floor".formatted(result.millis(), result.ratio()));
      } catch (RuntimeException e) {
        failed.add("%s could not be measured: %s".formatted(benchmark.name(), told(e)));
        release(e);
        progress.accept(failed.getLast());
      }
    }
    setting.release();
    return new BenchReport(version(), machine, load, limits, results, skipped, failed);
  }

  private String version() {
    RunRecord record = RunRecord.ofThisProcess(setting.backend().hardware(), Map.of());
    return record.version() + " (" + record.commit() + ")";
  }

  private static String told(RuntimeException thrown) {
    return thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
  }

  /** Whatever a failed benchmark left behind, so that the next has all memory. */
  private void release(RuntimeException thrown) {
    setting.release();
    for (Storage left : setting.backend().memory().live()) {
      try {
        left.close();
      } catch (RuntimeException e) {
        thrown.addSuppressed(e);
      }
    }
  }

  private List<Benchmark> chosen(List<Suite> suites, List<String> names) {
    List<Benchmark> some =
        all.stream().filter(benchmark -> suites.contains(benchmark.suite())).toList();
    for (String name : names) {
      if (some.stream().noneMatch(benchmark -> benchmark.name().startsWith(name))) {
        throw new IllegalArgumentException(
            "no benchmark of %s is called '%s'; there are %s"
                .formatted(
                    setting.backend().name(),
                    name,
                    String.join(", ", some.stream().map(Benchmark::name).toList())));
      }
    }
    return some.stream()
        .filter(
            benchmark -> names.isEmpty() || names.stream().anyMatch(benchmark.name()::startsWith))
        .toList();
  }

  private Measurement measure(Benchmark benchmark, Ceilings limits) {
    setting.backend().memory().resetPeak();
    try (Trial trial = benchmark.open().apply(setting)) {
      long start = System.nanoTime();
      for (int i = 0; repetition.warmsUp(i, System.nanoTime() - start); i++) {
        trial.nanos();
      }
      start = System.nanoTime();
      double[] millis = new double[repetition.most()];
      int runs = 0;
      for (; repetition.measures(runs, System.nanoTime() - start); runs++) {
        millis[runs] = trial.nanos() / 1e6;
      }
      return measurement(benchmark, trial, Arrays.copyOf(millis, runs), limits);
    }
  }

  private Measurement measurement(
      Benchmark benchmark, Trial trial, double[] millis, Ceilings limits) {
    Arrays.sort(millis);
    double median = millis[millis.length / 2];
    Workload work = trial.workload();
    Workload.Floor floor = work.floor(limits);
    return new Measurement(
        benchmark.name(),
        benchmark.what(),
        millis.length,
        median,
        millis[0],
        millis[millis.length - 1],
        work.flops() / median / 1e6,
        work.bytes() / median / 1e6,
        work.tokens() / median * 1e3,
        floor.millis(),
        floor.by(),
        median / floor.millis(),
        setting.backend().memory().peakBytes(),
        trial.note());
  }
}
