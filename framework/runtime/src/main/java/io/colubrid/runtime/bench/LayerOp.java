package io.colubrid.runtime.bench;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.CustomRecording;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.runtime.model.StandaloneLayer;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation that only a plugin knows, found by its name among what one of its layers records.
 *
 * @param layer type of the layer
 * @param keys its config
 * @param op name of the operation
 * @param width of the layer's stream
 */
record LayerOp(String layer, String keys, String op, long width) {

  /**
   * The operation as the layer uses it on whole sequences.
   *
   * @param stream dtype of its activations
   * @throws IllegalStateException if the layer has no such operation
   */
  OpSubject find(LayerRegistry registry, DType stream, long batch, long length) {
    StandaloneLayer built =
        StandaloneLayer.build(registry, layer, keys, StreamShape.sequence(width));
    TensorType type = TensorType.f32(batch, length, width);
    // The processors have a body for every operation of ours, so here none runs by its definition.
    try (Backend meta = CpuBackend.meta();
        Storage input = meta.memory().allocate("x", type.bytes());
        ParameterStore store =
            new ParameterStore(meta.memory(), Precision.F32, built.parameters())) {
      Recorder recorder = new Recorder(store, meta.bodies(), false);
      ModelPass pass =
          new ModelPass(recorder, true, RowSequences.dense(), null, new PassObserver() {});
      Value y = (Value) built.forward(recorder.external(input, type), pass);
      for (Node node : meta.finish(recorder, List.of(y)).nodes()) {
        if (node.operation() instanceof Operation.Custom custom && custom.name().equals(op)) {
          List<@Nullable TensorType> inputs = new ArrayList<>();
          for (TensorType found : CustomRecording.types(node.inputs())) {
            inputs.add(
                found != null && isActivation(found, batch, length)
                    ? found.withDtype(stream)
                    : found);
          }
          return new OpSubject(custom.op(), inputs, 0);
        }
      }
    }
    throw new IllegalStateException(
        "the layer '%s' has no operation '%s' here".formatted(layer, op));
  }

  /** What has a row a token is an activation; the others are parameters. */
  private static boolean isActivation(TensorType type, long batch, long length) {
    return type.dtype() == DType.F32
        && type.shape().rank() > 2
        && type.shape().dim(0) == batch
        && type.shape().dim(1) == length;
  }
}
