package io.colubrid.runtime.plan;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.device.Devices;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Program;
import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.model.BlockNode;
import io.colubrid.runtime.model.LayerNode;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.TrainConfig;
import io.colubrid.runtime.training.TrainingStep;
import io.colubrid.spi.tensor.Device;
import io.colubrid.spi.train.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Plans a run by recording it on a device that has sizes and no memory. */
public final class Planner {
  private static final long[] STATE_LENGTHS = {1024, 16_384, 131_072, 1_048_576};

  private Planner() {}

  /** The plan of a run on the processor. */
  public static ModelPlan plan(RunSpec spec) {
    return plan(spec, Device.CPU);
  }

  /** The plan of a run on a device, which need not be there. */
  public static ModelPlan plan(RunSpec spec, Device device) {
    Model model = ModelBuilder.build(spec.graph());
    try (Backend backend = Devices.meta(device)) {
      return plan(spec, model, backend);
    }
  }

  private static ModelPlan plan(RunSpec spec, Model model, Backend backend) {
    TrainConfig train = spec.train();
    Precision precision = Precision.valueOf(spec.graph().config().precision().name());
    ParameterStore store = new ParameterStore(backend.memory(), precision, model.parameters());
    Optimizer optimizer =
        train.optimizer().layer().optimizerFactory().create(train.optimizer().config());
    optimizer.slots().forEach(store::slot);
    TrainingStep step = new TrainingStep(backend, model, store, optimizer, spec);
    Program program = step.microStepProgram().program();
    Task.Unit unit = spec.data().task().unit();
    long units = train.unitsPerBatch(unit);
    PathCosts costs = new PathCosts(model.parameters(), program.nodes());
    return new ModelPlan(
        unit.word(),
        train.batch(),
        train.length(),
        model.parameterCount(),
        model.activeParameterCount(),
        (double) costs.forwardFlops() / units,
        (double) (costs.forwardFlops() + costs.backwardFlops()) / units,
        bytes(backend, name -> name.endsWith("parameters")),
        bytes(backend, name -> name.equals("gradients")),
        bytes(backend, name -> name.startsWith("optimizer ")),
        bytes(backend, Planner::isArena),
        bytes(backend, Planner::isInput),
        states(model, train.length()),
        layers(spec, costs));
  }

  private static boolean isArena(String name) {
    return name.equals("training step") || name.equals("update");
  }

  private static boolean isInput(String name) {
    return !isArena(name)
        && !name.endsWith("parameters")
        && !name.equals("gradients")
        && !name.startsWith("optimizer ");
  }

  private static long bytes(Backend backend, Predicate<String> name) {
    return backend.memory().live().stream()
        .filter(storage -> name.test(storage.name()))
        .mapToLong(Storage::bytes)
        .sum();
  }

  private static SortedMap<Long, Long> states(Model model, int length) {
    SortedMap<Long, Long> states = new TreeMap<>();
    states.put((long) length, model.stateBytes(length));
    for (long other : STATE_LENGTHS) {
      states.put(other, model.stateBytes(other));
    }
    return states;
  }

  private static List<LayerCost> layers(RunSpec spec, PathCosts costs) {
    List<LayerCost> layers = new ArrayList<>();
    layers.add(costs.of(Model.STEM, spec.graph().stem().type()));
    for (BlockNode block : spec.graph().blocks()) {
      for (LayerNode node : block.layers()) {
        layers.add(costs.of(node.path(), node.type()));
      }
    }
    layers.add(costs.of(Model.HEAD, spec.graph().head().type()));
    return layers;
  }
}
