package io.colubrid.plugins.vision;

import com.typesafe.config.ConfigFactory;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.config.Problems;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.model.ModelGraph;
import io.colubrid.runtime.model.ModelGraphBuilder;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.testkit.trial.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Image models on some images, by the bodies in F32 or by the definitions in F64. */
final class ModelRun {
  private static final long SEED = 5;

  /**
   * What came out.
   *
   * @param embedding the stream behind the stem
   * @param hidden the stream before the head
   * @param loss the mean over images with a target
   */
  record Result(
      double[] embedding,
      Shape hiddenShape,
      double[] hidden,
      double[] logits,
      double loss,
      Map<String, double[]> gradients) {}

  private final Model model;
  private final Weights weights;

  private ModelRun(Model model) {
    this.model = model;
    this.weights = Weights.random(model.parameters(), SEED);
  }

  /**
   * A model by the keys of its section, with random weights that depend on paths and shapes alone.
   */
  static ModelRun of(String keys) {
    return new ModelRun(build(keys));
  }

  static Model build(String keys) {
    Problems problems = new Problems();
    ModelGraph graph =
        new ModelGraphBuilder(PluginLoader.with(new VisionPlugin()))
            .build(ConfigFactory.parseString(keys).root(), "model", List.of(), problems);
    problems.throwIfAny();
    return ModelBuilder.build(Objects.requireNonNull(graph));
  }

  double[] weight(String path) {
    return weights.of(path);
  }

  Result run(boolean exact, double[] images, int... targets) {
    try (CpuBackend backend = new CpuBackend(Memory.tracingCpu(), new WorkerPool(2))) {
      return run(backend, exact, images, targets);
    }
  }

  private Result run(CpuBackend backend, boolean exact, double[] images, int[] targets) {
    DType dtype = exact ? DType.F64 : DType.F32;
    TensorType type = model.stem().input(targets.length, 1).withDtype(dtype);
    TensorType targetType = model.head().target(targets.length, 1);
    Precision precision = exact ? Precision.F64 : Precision.F32;
    Recorder.Bodies bodies = exact ? Recorder.Bodies.REFERENCE : Recorder.Bodies.FAST;
    try (ParameterStore store =
            new ParameterStore(backend.memory(), precision, model.parameters());
        Storage input = backend.memory().allocate("images", type.bytes());
        Storage classes = backend.memory().allocate("targets", targetType.bytes())) {
      store.enableGradients();
      fill(store, dtype);
      write(input.segment(), dtype, images);
      MemorySegment.copy(targets, 0, classes.segment(), ValueLayout.JAVA_INT, 0, targets.length);
      Recorder recorder = new Recorder(store, bodies, true);
      Embedding embedding = new Embedding();
      ModelPass pass = new ModelPass(recorder, false, RowSequences.dense(), null, embedding);
      Tensor hidden = model.hidden(recorder.external(input, type), pass);
      Value logits = (Value) model.logits(hidden, pass);
      Head.Loss summed = model.loss(hidden, recorder.external(classes, targetType), pass);
      Value loss = (Value) recorder.ops().divide(summed.sum(), summed.count());
      Tensor one = recorder.ops().constant(dtype, Shape.scalar(), 1);
      Gradients.record(recorder, loss, one, List.of());
      List<Value> outputs =
          new ArrayList<>(List.of((Value) hidden, logits, loss, embedding.value()));
      try (Executable executable = backend.prepare("run", backend.finish(recorder, outputs))) {
        executable.run();
        return new Result(
            read(executable.read(embedding.value()), dtype),
            hidden.shape(),
            read(executable.read((Value) hidden), dtype),
            read(executable.read(logits), dtype),
            read(executable.read(loss), dtype)[0],
            gradients(store, dtype));
      }
    }
  }

  /** Takes what the stem made. */
  private static final class Embedding implements PassObserver {
    private final List<Value> taken = new ArrayList<>();

    @Override
    public void tap(String path, Tensor value) {
      if (path.equals("embedding")) {
        taken.add((Value) value);
      }
    }

    Value value() {
      return taken.getFirst();
    }
  }

  private void fill(ParameterStore store, DType dtype) {
    for (ModelParameter parameter : store.parameters()) {
      ParameterBinding.Slot slot = store.master(parameter);
      MemorySegment place = slot.storage().segment().asSlice(slot.offset());
      write(place, dtype, weights.of(parameter.path()));
    }
  }

  private static Map<String, double[]> gradients(ParameterStore store, DType dtype) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    for (ModelParameter parameter : store.parameters()) {
      ParameterBinding.Slot slot = store.at(store.gradients(), parameter);
      long bytes = new TensorType(dtype, parameter.shape()).bytes();
      MemorySegment place = slot.storage().segment().asSlice(slot.offset(), bytes);
      gradients.put(parameter.path(), read(place, dtype));
    }
    return gradients;
  }

  private static void write(MemorySegment to, DType dtype, double[] elements) {
    for (int i = 0; i < elements.length; i++) {
      if (dtype == DType.F64) {
        to.setAtIndex(ValueLayout.JAVA_DOUBLE, i, elements[i]);
      } else {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) elements[i]);
      }
    }
  }

  private static double[] read(MemorySegment from, DType dtype) {
    double[] elements = new double[Math.toIntExact(from.byteSize() / dtype.bytes())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] =
          dtype == DType.F64
              ? from.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
              : from.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return elements;
  }
}
