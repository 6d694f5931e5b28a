package io.colubrid.runtime.profile;

import static io.colubrid.runtime.profile.Profile.SMALL_MICROS;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.runtime.run.RunRecord;
import io.colubrid.runtime.training.RunSpec;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Profiles the training step of a run on random numbers. */
public final class Profiler {
  private static final long WARM_UP_NANOS = 3_000_000_000L;
  private static final int WARM_UP_STEPS = 3;
  private static final double NANOS = 1e3;

  private Profiler() {}

  /**
   * Measures steps after a warm-up, by turns without and with an observer of every kernel.
   *
   * @param steps of either kind
   * @param trace is given the events of the observed steps
   */
  public static Profile run(RunSpec spec, Backend backend, int steps, Consumer<ChromeTrace> trace) {
    MachineLimits limits =
        backend instanceof CpuBackend cpu ? MachineLimits.measure(cpu.pool(), cpu.blas()) : null;
    return run(spec, backend, steps, WARM_UP_NANOS, limits, trace);
  }

  static Profile run(
      RunSpec spec,
      Backend backend,
      int steps,
      long warmUpNanos,
      @Nullable MachineLimits limits,
      Consumer<ChromeTrace> trace) {
    if (steps < 1) {
      throw new IllegalArgumentException("a profile needs at least one step, not " + steps);
    }
    try (SyntheticTraining training = new SyntheticTraining(spec, backend)) {
      warmUp(training, warmUpNanos);
      NodeTimes micro = new NodeTimes(training.step().microStepProgram().program(), steps);
      NodeTimes update = new NodeTimes(training.step().updateProgram().program(), steps);
      Walls walls = new Walls(steps);
      for (int i = 0; i < steps; i++) {
        long start = System.nanoTime();
        training.run();
        long middle = System.nanoTime();
        micro.run(training.step().microStepProgram());
        update.run(training.step().updateProgram());
        walls.observed[i] = (System.nanoTime() - middle) / NANOS;
        walls.plain[i] = (middle - start) / NANOS;
        walls.kernels[i] = (micro.kernels(i) + update.kernels(i)) / NANOS;
      }
      LayerNames names = new LayerNames(training.model());
      trace.accept(new ChromeTrace(micro, update, names));
      return profile(machine(backend), training, names, List.of(micro, update), walls, limits);
    }
  }

  /** Microseconds of each step. */
  private record Walls(double[] plain, double[] observed, double[] kernels) {
    Walls(int steps) {
      this(new double[steps], new double[steps], new double[steps]);
    }

    double[] between() {
      return IntStream.range(0, plain.length).mapToDouble(i -> observed[i] - kernels[i]).toArray();
    }
  }

  private static void warmUp(SyntheticTraining training, long nanos) {
    long until = System.nanoTime() + nanos;
    for (int i = 0; i < WARM_UP_STEPS || System.nanoTime() < until; i++) {
      training.run();
    }
  }

  private static Profile profile(
      String machine,
      SyntheticTraining training,
      LayerNames names,
      List<NodeTimes> programs,
      Walls walls,
      @Nullable MachineLimits limits) {
    RowSums layers = new RowSums(names::of);
    names.all().forEach(layers::begin);
    RowSums operations = new RowSums(node -> node.operation().name());
    programs.forEach(layers::add);
    programs.forEach(operations::add);
    double[] kernels = programs.stream().flatMapToDouble(Profiler::kernelMicros).toArray();
    double[] small = DoubleStream.of(kernels).filter(time -> time < SMALL_MICROS).toArray();
    return new Profile(
        machine,
        walls.plain.length,
        training.unit(),
        training.tokensPerStep(),
        Medians.of(walls.plain),
        Medians.of(walls.observed),
        Medians.of(walls.kernels),
        Medians.of(walls.between()),
        kernels.length,
        small.length,
        DoubleStream.of(small).sum(),
        layers.rows(),
        operations.rows().stream()
            .sorted(Comparator.comparingDouble(ProfileRow::micros).reversed())
            .toList(),
        limits);
  }

  private static DoubleStream kernelMicros(NodeTimes times) {
    List<Node> nodes = times.program().nodes();
    return IntStream.range(0, nodes.size())
        .filter(i -> !(nodes.get(i).operation() instanceof Operation.View))
        .mapToDouble(i -> times.median(i) / NANOS);
  }

  /** The device, and what computes on it. */
  public static String machine(Backend backend) {
    RunRecord here = RunRecord.ofThisProcess(backend.hardware(), Map.of());
    if (!(backend instanceof CpuBackend)) {
      return "%s, %s, Java %s".formatted(here.deviceName(), here.blas(), here.jdk());
    }
    return "%s, %d of %d cores, vectors of %d bits, %s, Java %s"
        .formatted(
            here.cpu(), here.threads(), here.cores(), here.vectorBits(), here.blas(), here.jdk());
  }
}
