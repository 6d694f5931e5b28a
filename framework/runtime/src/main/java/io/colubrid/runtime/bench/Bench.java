package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.profile.Profiler;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs benchmarks one after the other. */
public final class Bench {
  private final Setting setting;
  private final Repetition repetition;
  private final Supplier<MachineLimits> ceilings;
  private final Consumer<String> progress;

  Bench(
      Setting setting,
      Repetition repetition,
      Supplier<MachineLimits> ceilings,
      Consumer<String> progress) {
    this.setting = setting;
    this.repetition = repetition;
    this.ceilings = ceilings;
    this.progress = progress;
  }

  /**
   * @param progress is told what is being measured
   */
  public Bench(CpuBackend backend, LayerRegistry registry, Consumer<String> progress) {
    this(
        new Setting(backend, registry),
        Repetition.THOROUGH,
        () -> MachineLimits.measure(backend.pool(), backend.blas()),
        progress);
  }

  /**
   * Measures.
   *
   * @param names benchmarks, or beginnings of their names; empty for all
   * @throws IllegalArgumentException if nothing goes by one of the names
   */
  public BenchReport run(List<String> names) {
    List<Benchmark> chosen = chosen(names);
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    progress.accept("measuring this machine's limits");
    MachineLimits limits = ceilings.get();
    List<Measurement> results = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    for (Benchmark benchmark : chosen) {
      Optional<String> missing = benchmark.missing(setting);
      if (missing.isPresent()) {
        skipped.add(
            "%s is left out: no plugin brings the layer '%s'"
                .formatted(benchmark.name(), missing.get()));
      } else {
        progress.accept("measuring " + benchmark.name());
        results.add(measure(benchmark, limits));
      }
    }
    return new BenchReport(Profiler.machine(setting.backend()), load, limits, results, skipped);
  }

  private static List<Benchmark> chosen(List<String> names) {
    List<Benchmark> all = Benchmarks.all();
    for (String name : names) {
      if (all.stream().noneMatch(benchmark -> benchmark.name().startsWith(name))) {
        throw new IllegalArgumentException(
            "no benchmark is called '%s'; there are %s"
                .formatted(name, String.join(", ", all.stream().map(Benchmark::name).toList())));
      }
    }
    return all.stream()
        .filter(
            benchmark -> names.isEmpty() || names.stream().anyMatch(benchmark.name()::startsWith))
        .toList();
  }

  private Measurement measure(Benchmark benchmark, MachineLimits limits) {
    try (Trial trial = benchmark.open().apply(setting)) {
      long until = System.nanoTime() + repetition.warmUpNanos();
      for (int i = 0; i < repetition.fewest() || System.nanoTime() < until; i++) {
        trial.nanos();
      }
      until = System.nanoTime() + repetition.measureNanos();
      double[] millis = new double[repetition.most()];
      int runs = 0;
      while (runs < millis.length && (runs < repetition.fewest() || System.nanoTime() < until)) {
        millis[runs++] = trial.nanos() / 1e6;
      }
      return measurement(benchmark, trial.workload(), Arrays.copyOf(millis, runs), limits);
    }
  }

  private static Measurement measurement(
      Benchmark benchmark, Workload work, double[] millis, MachineLimits limits) {
    Arrays.sort(millis);
    double median = millis[millis.length / 2];
    double arithmetic = work.arithmeticMillis(limits);
    double memory = work.memoryMillis(limits);
    double floor = Math.max(arithmetic, memory);
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
        floor,
        arithmetic >= memory ? "arithmetic" : "memory",
        median / floor);
  }
}
