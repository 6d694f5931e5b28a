package io.colubrid.runtime.plan;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.device.Devices;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.FlopCount;
import io.colubrid.engine.tape.Node;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    Map<String, long[]> flops = flops(program);
    long forward = flops.values().stream().mapToLong(counts -> counts[0]).sum();
    long backward = flops.values().stream().mapToLong(counts -> counts[1]).sum();
    return new ModelPlan(
        unit.word(),
        train.batch(),
        train.length(),
        model.parameterCount(),
        model.activeParameterCount(),
        (double) forward / units,
        (double) (forward + backward) / units,
        bytes(backend, name -> name.endsWith("parameters")),
        bytes(backend, name -> name.equals("gradients")),
        bytes(backend, name -> name.startsWith("optimizer ")),
        bytes(backend, Planner::isArena),
        bytes(backend, Planner::isInput),
        states(model, train.length()),
        layers(spec, model, flops));
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

  /** Forward and backward FLOPs by the path that recorded them. */
  private static Map<String, long[]> flops(Program program) {
    Map<String, long[]> flops = new LinkedHashMap<>();
    for (Node node : program.nodes()) {
      long[] counts = flops.computeIfAbsent(node.path(), path -> new long[2]);
      counts[node.phase() == Node.Phase.FORWARD ? 0 : 1] += FlopCount.of(node);
    }
    return flops;
  }

  private static List<LayerCost> layers(RunSpec spec, Model model, Map<String, long[]> flops) {
    List<LayerCost> layers = new ArrayList<>();
    layers.add(cost(spec.graph().stem(), Model.STEM, model, flops));
    for (BlockNode block : spec.graph().blocks()) {
      for (LayerNode node : block.layers()) {
        layers.add(cost(node, node.path(), model, flops));
      }
    }
    layers.add(cost(spec.graph().head(), Model.HEAD, model, flops));
    return layers;
  }

  private static LayerCost cost(
      LayerNode node, String path, Model model, Map<String, long[]> flops) {
    long parameters =
        model.parameters().stream()
            .filter(parameter -> within(parameter.path(), path))
            .mapToLong((ModelParameter parameter) -> parameter.shape().elements())
            .sum();
    long[] sums = new long[2];
    flops.forEach(
        (at, counts) -> {
          if (at.equals(path) || within(at, path)) {
            sums[0] += counts[0];
            sums[1] += counts[1];
          }
        });
    return new LayerCost(path, node.type(), parameters, sums[0], sums[1]);
  }

  /** Whether a path lies in a layer, or is the norm in front of it. */
  private static boolean within(String path, String layer) {
    return path.startsWith(layer + ".") || path.startsWith(layer + "_norm.");
  }
}
