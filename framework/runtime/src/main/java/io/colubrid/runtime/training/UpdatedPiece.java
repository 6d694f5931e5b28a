package io.colubrid.runtime.training;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.ParameterStretch;
import io.colubrid.engine.tape.ParameterBinding;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an optimizer updates at once: one parameter, or all that lie side by side and are treated
 * alike.
 *
 * @param path what it is called in profiles and errors
 * @param shape its elements
 * @param offset bytes before it in every piece of the store
 * @param decays whether weight decay applies
 * @param shadow its BF16 copy, or null
 */
record UpdatedPiece(
    String path, Shape shape, long offset, boolean decays, ParameterBinding.@Nullable Slot shadow) {

  /** All parameters of a store, each in one piece. */
  static List<UpdatedPiece> of(ParameterStore store, boolean joined) {
    return joined
        ? store.stretches().stream().map(stretch -> of(store, stretch)).toList()
        : store.parameters().stream().map(parameter -> of(store, parameter)).toList();
  }

  private static UpdatedPiece of(ParameterStore store, ParameterStretch stretch) {
    Shape flat = Shape.of(stretch.bytes() / store.precision().master().bytes());
    String path = stretch.decays() ? "parameters that decay" : "parameters that do not decay";
    return new UpdatedPiece(path, flat, stretch.offset(), stretch.decays(), store.shadow(stretch));
  }

  private static UpdatedPiece of(ParameterStore store, ModelParameter parameter) {
    return new UpdatedPiece(
        parameter.path(),
        parameter.shape(),
        store.master(parameter).offset(),
        parameter.role().decays(),
        store.shadow(parameter));
  }

  /** Its elements in masters, gradients or slots. */
  Value in(Storage all, ParameterStore store, Recorder recorder) {
    TensorType type = new TensorType(store.precision().master(), shape);
    return recorder.external(all, offset, type, false);
  }

  /** Its BF16 copy, or null. */
  @Nullable Value copy(Recorder recorder) {
    ParameterBinding.Slot slot = shadow;
    return slot == null
        ? null
        : recorder.external(
            slot.storage(), slot.offset(), new TensorType(slot.dtype(), shape), false);
  }
}
