package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Gradients;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Scaled dot-product attention inside the plugin's layer: the layer runs whole, and what is no
 * product with a weight is timed.
 */
final class AttentionTrial implements Trial {
  private static final String OPERATION = "attention";

  private final Storage input;
  private final Storage arriving;
  private final ParameterStore store;
  private final Executable executable;
  private final Set<Node> timed;

  AttentionTrial(
      Setting setting, int batch, int length, int heads, int features, boolean backward) {
    CpuBackend backend = setting.backend();
    long width = (long) heads * features;
    StandaloneLayer layer =
        StandaloneLayer.build(
            setting.registry(), "attention", "heads = " + heads, StreamShape.sequence(width));
    this.store = new ParameterStore(backend.memory(), Precision.F32, layer.parameters());
    Initialization.run(store, 1);
    store.enableGradients();
    TensorType type = TensorType.f32(batch, length, width);
    this.input = RandomStorage.floats(backend.memory(), "x", type.shape().elements());
    this.arriving = RandomStorage.floats(backend.memory(), "gradient", type.shape().elements());
    Recorder recorder = new Recorder(store, Recorder.Bodies.FAST, true);
    Value x = recorder.external(input, 0, type, true);
    ModelPass pass =
        new ModelPass(recorder, true, RowSequences.dense(), null, new PassObserver() {});
    Value y = (Value) layer.forward(x, pass);
    Value gradient =
        Gradients.record(recorder, y, recorder.external(arriving, type), List.of(x)).get(x);
    this.executable =
        backend.prepare(
            "bench", backend.finish(recorder, gradient == null ? List.of(y) : List.of(gradient)));
    Node.Phase phase = backward ? Node.Phase.BACKWARD : Node.Phase.FORWARD;
    this.timed =
        executable.program().nodes().stream()
            .filter(node -> node.phase() == phase && node.operation().name().startsWith(OPERATION))
            .collect(Collectors.toUnmodifiableSet());
    if (timed.isEmpty()) {
      throw new IllegalStateException("the attention layer has no operation " + OPERATION);
    }
  }

  @Override
  public double nanos() {
    SelectedTime time = new SelectedTime(timed);
    executable.run(time);
    return time.nanos();
  }

  @Override
  public Workload workload() {
    return Workload.of(timed);
  }

  @Override
  public void close() {
    executable.close();
    store.close();
    input.close();
    arriving.close();
  }
}
