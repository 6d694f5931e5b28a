package io.colubrid.runtime.session;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.engine.device.Devices;
import io.colubrid.engine.memory.OutOfMemoryException;
import io.colubrid.runtime.bench.Bench;
import io.colubrid.runtime.bench.BenchReport;
import io.colubrid.runtime.bench.Suite;
import io.colubrid.runtime.config.ConfigReader;
import io.colubrid.runtime.doctor.Diagnosis;
import io.colubrid.runtime.experiment.Comparison;
import io.colubrid.runtime.experiment.ComparisonListener;
import io.colubrid.runtime.experiment.ComparisonSpec;
import io.colubrid.runtime.experiment.ComparisonSpecReader;
import io.colubrid.runtime.model.NodeReader;
import io.colubrid.runtime.plan.ModelPlan;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.LoadedPlugins;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.profile.ChromeTrace;
import io.colubrid.runtime.profile.Profile;
import io.colubrid.runtime.profile.Profiler;
import io.colubrid.runtime.report.ComparisonReport;
import io.colubrid.runtime.run.RunRecord;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.RunSpecReader;
import io.colubrid.runtime.training.TrainedModel;
import io.colubrid.runtime.training.TrainingListener;
import io.colubrid.runtime.training.TrainingRun;
import io.colubrid.runtime.verify.Arrangement;
import io.colubrid.runtime.verify.Tolerance;
import io.colubrid.runtime.verify.Verification;
import io.colubrid.runtime.verify.VerificationReport;
import io.colubrid.spi.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Plugins and a device, and what can be done with them. The device is opened at its first use. */
public final class Session implements AutoCloseable {
  private final LoadedPlugins plugins;
  private final Device device;
  private @Nullable Backend backend;

  private Session(LoadedPlugins plugins, Device device) {
    this.plugins = plugins;
    this.device = device;
  }

  /**
   * Loads the plugins of the class path, of the given directories, and of the user's own one, to
   * compute on the processor.
   */
  public static Session open(List<Path> pluginDirectories) {
    return open(pluginDirectories, Device.CPU.toString());
  }

  /**
   * The same, to compute on a device.
   *
   * @param device such as {@code cpu} or {@code cuda:0}
   * @throws IllegalArgumentException if no device can be called so
   */
  public static Session open(List<Path> pluginDirectories, String device) {
    return new Session(PluginLoader.load(directories(pluginDirectories)), Device.parse(device));
  }

  /** Plugin directories, with the user's own one behind them if there is one. */
  public static List<Path> directories(List<Path> given) {
    List<Path> directories = new ArrayList<>(given);
    PluginLoader.userDirectory().ifPresent(directories::add);
    return directories;
  }

  public LoadedPlugins plugins() {
    return plugins;
  }

  private LayerRegistry registry() {
    return plugins.registry();
  }

  /** Throws with what is missing where the device cannot be used. */
  private Backend backend() {
    if (backend == null) {
      backend = Devices.open(device);
    }
    return backend;
  }

  /** Reads a run's config; throws with everything that is wrong. */
  public RunSpec read(Path file, List<String> sets) {
    return new RunSpecReader(registry()).read(file, sets);
  }

  public ModelPlan plan(RunSpec spec) {
    return Planner.plan(spec, device);
  }

  /** The plan of every model of a comparison, by its name. */
  public SequencedMap<String, ModelPlan> plans(ComparisonSpec spec) {
    SequencedMap<String, ModelPlan> plans = new LinkedHashMap<>();
    spec.models().forEach((name, run) -> plans.put(name, plan(run)));
    return plans;
  }

  /**
   * Times the kernels of a run's training step.
   *
   * @param trace file for a trace of the kernels, or null for none
   */
  public Profile profile(RunSpec spec, int steps, @Nullable Path trace) throws IOException {
    List<ChromeTrace> traces = new ArrayList<>();
    Profile profile = planned(spec, () -> Profiler.run(spec, backend(), steps, traces::add));
    if (trace != null) {
      traces.getFirst().write(trace);
    }
    return profile;
  }

  /**
   * Measures what a device reaches.
   *
   * @param device such as {@code cuda:0}; empty for a GPU where there is one, else the CPU
   * @param suites what to measure
   * @param names benchmarks, or beginnings of their names; empty for all
   * @param progress is told what is being measured
   */
  public BenchReport bench(
      String device, List<Suite> suites, List<String> names, Consumer<String> progress) {
    String fallback = CudaProbe.run().usable() ? "cuda:0" : "cpu";
    try (Backend alone = Devices.open(Device.parse(device.isEmpty() ? fallback : device))) {
      return Bench.of(alone, registry(), progress).run(suites, names);
    }
  }

  /** Looks at what this machine has of what can be used. */
  public Diagnosis diagnose() {
    return Diagnosis.run(Build.version(), plugins);
  }

  /** Begins a run in a new folder. */
  public TrainingRun begin(RunSpec spec, Path folder, TrainingListener listener)
      throws IOException {
    return planned(spec, () -> TrainingRun.begin(spec, folder, record(), backend(), listener));
  }

  /** Goes on with a run. */
  public TrainingRun resume(Path folder, TrainingListener listener) throws IOException {
    RunSpecReader reader = new RunSpecReader(registry());
    try {
      return TrainingRun.resume(reader, folder, record(), backend(), listener);
    } catch (OutOfMemoryException full) {
      throw full.planned(plan(TrainingRun.spec(reader, folder)).peak());
    }
  }

  /** Something that a run's plan tells the memory of. */
  private interface Work<T> {
    T carryOut() throws IOException;
  }

  private <T> T planned(RunSpec spec, Work<T> work) throws IOException {
    try {
      return work.carryOut();
    } catch (OutOfMemoryException full) {
      throw full.planned(plan(spec).peak());
    }
  }

  /** Loads the newest checkpoint of a run. */
  public TrainedModel load(Path folder) throws IOException {
    return TrainedModel.load(new RunSpecReader(registry()), folder, backend());
  }

  /** Whether a file compares models, rather than to be a single run. */
  public boolean isComparison(Path file, List<String> sets) {
    return ComparisonSpecReader.reads(
        new ConfigReader(new NodeReader(registry())).read(file, sets));
  }

  /** Reads a comparison's config; throws with everything that is wrong. */
  public ComparisonSpec readComparison(Path file, List<String> sets) {
    return new ComparisonSpecReader(registry()).read(file, sets);
  }

  /**
   * Trains and scores the models of a comparison; cells that a folder holds already are not run
   * again.
   *
   * @param folder where cells and the report go
   * @param stop asked between steps whether to stop; what was done can be gone on with
   * @return the report, or null if it was stopped
   */
  public @Nullable ComparisonReport compare(
      ComparisonSpec spec, Path folder, ComparisonListener listener, BooleanSupplier stop)
      throws IOException, InterruptedException {
    RunSpecReader reader = new RunSpecReader(registry());
    return new Comparison(spec, folder, record(), backend(), reader, listener, stop).run();
  }

  /**
   * Compares what a foreign checkpoint computes here with what it computed at its origin.
   *
   * @throws IOException if the folder holds no checkpoint that can be read, or no reference
   */
  public VerificationReport verify(Path folder, Tolerance tolerance, Arrangement arrangement)
      throws IOException {
    return Verification.run(folder, registry(), backend(), tolerance, arrangement);
  }

  /** What the bits of a run depend on, here and now. */
  public RunRecord record() {
    Map<String, String> versions = new TreeMap<>();
    plugins
        .registry()
        .describe()
        .forEach(
            layer ->
                versions.put(
                    layer.plugin(),
                    Objects.requireNonNullElse(layer.origin().version(), "unversioned")));
    return RunRecord.ofThisProcess(backend().hardware(), versions);
  }

  @Override
  public void close() {
    if (backend != null) {
      backend.close();
    }
  }
}
