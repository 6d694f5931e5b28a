package io.colubrid.runtime.experiment;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.memory.OutOfMemoryException;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.data.DataSet;
import io.colubrid.runtime.data.DataShape;
import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.data.TokenConfig;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.plan.ModelPlan;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.report.ComparisonReport;
import io.colubrid.runtime.report.ModelResult;
import io.colubrid.runtime.report.ReportWriter;
import io.colubrid.runtime.report.SeedResult;
import io.colubrid.runtime.run.RunRecord;
import io.colubrid.runtime.training.EndsFit;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.RunSpecReader;
import io.colubrid.runtime.training.TrainConfig;
import io.colubrid.spi.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains every model with every seed and reports. Seeds go round the models, so that a comparison
 * that is stopped early has compared something.
 *
 * @param folder where cells and the report go
 * @param stop asked between steps whether to stop
 */
public record Comparison(
    ComparisonSpec spec,
    Path folder,
    RunRecord record,
    Backend backend,
    RunSpecReader reader,
    ComparisonListener listener,
    BooleanSupplier stop) {
  private static final double EQUAL_PARAMETERS = 0.02;

  /** Runs what is not done yet; null if it was stopped. */
  public @Nullable ComparisonReport run() throws IOException, InterruptedException {
    requireFit();
    Files.createDirectories(folder);
    Map<String, ModelPlan> plans = new LinkedHashMap<>();
    // FLOPs are told for one algorithm, wherever it runs.
    spec.models().forEach((name, run) -> plans.put(name, Planner.plan(run)));
    Map<String, List<SeedResult>> results = new LinkedHashMap<>();
    spec.models().keySet().forEach(name -> results.put(name, new ArrayList<>()));
    int cells = spec.models().size() * spec.config().seeds();
    int number = 0;
    for (int seed = 0; seed < spec.config().seeds(); seed++) {
      for (Map.Entry<String, RunSpec> model : spec.models().entrySet()) {
        number++;
        ModelPlan plan = planOf(plans, model.getKey());
        Cell cell = cell(model.getKey(), model.getValue(), seed, plan);
        Optional<SeedResult> result = result(cell, model.getKey(), number, cells);
        if (result.isEmpty()) {
          return null;
        }
        results.computeIfAbsent(model.getKey(), name -> new ArrayList<>()).add(result.get());
      }
    }
    ComparisonReport report = report(plans, results);
    ReportWriter.write(report, folder);
    return report;
  }

  /** A model that does not fit the data is told before the first one is trained. */
  private void requireFit() {
    try (DataSet<?> data = spec.models().firstEntry().getValue().data().open()) {
      DataShape shape = data.shape();
      for (RunSpec run : spec.models().values()) {
        EndsFit.require(run, ModelBuilder.build(run.graph()), shape);
      }
    }
  }

  private static ModelPlan planOf(Map<String, ModelPlan> plans, String model) {
    ModelPlan plan = plans.get(model);
    if (plan == null) {
      throw new IllegalStateException("no plan of " + model);
    }
    return plan;
  }

  private Cell cell(String model, RunSpec run, int seed, ModelPlan plan) {
    RunSpec seeded = run.withSeed(run.train().seed() + seed);
    Path cell = folder.resolve("runs").resolve(model + "-seed-" + seeded.train().seed());
    return new Cell(seeded, spec.config(), cell, plan.trainingFlopsPerToken());
  }

  private Optional<SeedResult> result(Cell cell, String model, int number, int cells)
      throws IOException, InterruptedException {
    Optional<SeedResult> before = cell.finished();
    long seed = cell.spec().train().seed();
    if (before.isPresent()) {
      listener.note(model + " with seed " + seed + " was trained before; its result is kept");
      return before;
    }
    try {
      return cell.run(backend, record, reader, listener.training(model, seed, number, cells), stop);
    } catch (OutOfMemoryException full) {
      Device device = Device.parse(backend.name());
      throw full.planned(Planner.plan(cell.spec(), device).peak());
    }
  }

  private ComparisonReport report(
      Map<String, ModelPlan> plans, Map<String, List<SeedResult>> results) {
    List<ModelResult> models = new ArrayList<>();
    spec.models()
        .forEach(
            (name, run) -> {
              Model model = ModelBuilder.build(run.graph());
              ModelPlan plan = planOf(plans, name);
              models.add(
                  new ModelResult(
                      name,
                      plan.parameters(),
                      plan.flopsPerToken(),
                      model.stateBytes(spec.config().stateTokens()),
                      run.text(),
                      results.getOrDefault(name, List.of())));
            });
    RunSpec first = spec.models().firstEntry().getValue();
    return new ComparisonReport(
        spec.config().title(),
        Instant.now(),
        description(first.data(), first.train()),
        first.data().task(),
        spec.config().stateTokens(),
        models,
        record,
        notes(plans));
  }

  private static String description(DataConfig data, TrainConfig train) {
    return data.description() + ". " + amount(data.task().unit(), train);
  }

  private static String amount(Task.Unit unit, TrainConfig train) {
    long rows = (long) train.batch() * train.accumulate();
    return unit == Task.Unit.IMAGE
        ? "Each model was trained for %,d updates of %,d images.".formatted(train.steps(), rows)
        : "Each model was trained for %,d updates of %,d %s in rows of %,d."
            .formatted(train.steps(), train.tokensPerUpdate(), unit.plural(), train.length());
  }

  private List<String> notes(Map<String, ModelPlan> plans) {
    List<String> notes = new ArrayList<>();
    long most = plans.values().stream().mapToLong(ModelPlan::parameters).max().orElse(0);
    long fewest = plans.values().stream().mapToLong(ModelPlan::parameters).min().orElse(0);
    if (most > fewest * (1 + EQUAL_PARAMETERS)) {
      notes.add("The models differ in size: %,d to %,d parameters.".formatted(fewest, most));
    }
    notes.add(
        "A model's FLOPs count matrix products, convolutions, attention and scans of a forward pass; a multiply-add is two.");
    if (spec.models().firstEntry().getValue().data() instanceof TokenConfig) {
      notes.add(
          "Generation is greedy, one sequence, timed on this machine with nothing else of ours running.");
    }
    return notes;
  }
}
