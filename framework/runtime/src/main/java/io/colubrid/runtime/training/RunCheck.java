package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.runtime.config.Pending;
import io.colubrid.runtime.config.Problem;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.data.DataConfig;
import io.colubrid.runtime.data.Task;
import io.colubrid.runtime.model.BlockNode;
import io.colubrid.runtime.model.LayerFailedException;
import io.colubrid.runtime.model.LayerNode;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.Refusal;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells by file and line what the layers of a model refuse of a run, before anything is allocated:
 * of their place, of the rows that the data bring, of targets that they would see, and of shapes.
 */
public final class RunCheck {
  private final ModelGraph graph;
  private final Model model;
  private final DataConfig data;
  private final TrainConfig train;
  private final Problems problems;

  private RunCheck(
      ModelGraph graph, Model model, DataConfig data, TrainConfig train, Problems problems) {
    this.graph = graph;
    this.model = model;
    this.data = data;
    this.train = train;
    this.problems = problems;
  }

  /** Checks as much of a run as could be read, and adds what it finds. */
  public static void run(
      Pending<ModelGraph> graph,
      Pending<DataConfig> data,
      Pending<TrainConfig> train,
      Problems problems) {
    graph.ifRead(
        layers -> {
          Model model = ModelBuilder.check(layers, problems);
          if (model != null) {
            data.ifRead(
                read ->
                    train.ifRead(how -> new RunCheck(layers, model, read, how, problems).run()));
          }
        });
  }

  private void run() {
    model.refusals(kind()).stream()
        .map(refusal -> refusal.with("; set data.packing = dense"))
        .map(Refusal::problem)
        .forEach(problems::add);
    if (targetsLieAhead()) {
      model.foresight().stream().map(Refusal::problem).forEach(problems::add);
    }
    RunSpec spec = new RunSpec(graph, data, train);
    EndsFit.checkTypes(spec, model, problems);
    if (problems.isEmpty()) {
      record(spec);
    }
    if (problems.isEmpty()) {
      EndsFit.checkSizes(spec, model, problems);
    }
  }

  private Sequences.Kind kind() {
    return BatchInput.kind(data.packing());
  }

  /** Whether each position has a target, which the data then take from behind it. */
  private boolean targetsLieAhead() {
    Shape target = model.head().target(2, train.length()).shape();
    boolean eachPosition = target.rank() > 1 && target.dim(1) == train.length();
    return eachPosition && data.task().unit() != Task.Unit.IMAGE;
  }

  /** Records the pass that training will run, over shapes alone. */
  private void record(RunSpec spec) {
    try (Backend backend = CpuBackend.meta()) {
      Precision precision = Precision.valueOf(graph.config().precision().name());
      ParameterStore store = new ParameterStore(backend.memory(), precision, model.parameters());
      Recorder recorder = new Recorder(store, backend.bodies(), false);
      recorder.clock(backend.memory().allocate("clock", 2 * Long.BYTES));
      BatchInput input = new BatchInput(backend.memory(), model, TrainingStep.BatchShape.of(spec));
      ModelPass pass =
          new ModelPass(recorder, true, input.sequences(recorder), null, new PassObserver() {});
      Tensor hidden = model.hidden(input.input(recorder), pass, repeated());
      model.loss(hidden, input.targets(recorder), pass);
    } catch (LayerFailedException failed) {
      problems.add(problem(failed));
    }
  }

  /**
   * Blocks that are made as an earlier one and get a stream of the same shape: what that one did
   * not tell, they will not tell either, and deep models repeat few blocks many times.
   */
  private BitSet repeated() {
    BitSet repeated = new BitSet();
    Set<List<Object>> seen = new HashSet<>();
    for (BlockNode block : graph.blocks()) {
      if (block.bare() != null) {
        // Only a layer that stands alone changes the stream's shape.
        seen.clear();
      } else if (!seen.add(List.of(kind(block.mixer()), kind(block.channel())))) {
        repeated.set(block.index());
      }
    }
    return repeated;
  }

  private static List<Object> kind(@Nullable LayerNode node) {
    return node == null ? List.of() : List.of(node.layer(), node.config());
  }

  private Problem problem(LayerFailedException failed) {
    return switch (failed.path()) {
      case Model.STEM -> graph.stem().problem(failed.reason());
      case Model.HEAD -> graph.head().problem(failed.reason());
      default -> model.problem(failed);
    };
  }
}
