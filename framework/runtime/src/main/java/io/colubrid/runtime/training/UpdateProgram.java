package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import io.colubrid.spi.train.Optimizer;
import java.util.List;

/**
 * Records an update: average and clip the summed gradients, step all parameters, refresh the BF16
 * copies, report, and clear what is added up.
 *
 * @param totals F32 [2]: the summed loss and the number of targets
 * @param settings F32 [3]: the learning rate, the update's number, the largest norm
 * @param report F32 [4]: summed loss, targets, gradient norm, and 1 if the update was carried out
 * @param clears whether the next batch adds to the gradients in place of overwriting them
 */
record UpdateProgram(
    Backend backend,
    ParameterStore store,
    Optimizer optimizer,
    Storage totals,
    Storage settings,
    Storage report,
    boolean clears) {

  Executable record() {
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    recorder.in(
        Node.Phase.UPDATE,
        () -> {
          record(recorder);
          return null;
        });
    return backend.prepare("update", backend.finish(recorder, List.of()));
  }

  private void record(Recorder recorder) {
    Ops ops = recorder.ops();
    Value sums = recorder.external(totals, TensorType.f32(2));
    Value host = recorder.external(settings, TensorType.f32(3));
    Value gradients = flatGradients(recorder);
    Tensor count = ops.slice(sums, 0, 1, 2);
    Tensor one = ops.constant(DType.F32, Shape.of(1), 1);
    Tensor average = ops.divide(one, ops.binary(Binary.MAXIMUM, count, one));
    Tensor all =
        ops.concat(0, List.of(ops.slice(host, 0, 0, 2), average, ops.slice(host, 0, 2, 3)));
    GlobalNormClip.Result clip = GlobalNormClip.apply(ops, List.of(gradients), all);
    for (UpdatedPiece piece : UpdatedPiece.of(store, optimizer.elementwise())) {
      recorder.at(
          piece.path(),
          () -> {
            update(recorder, piece, clip.control());
            return null;
          });
    }
    Tensor proceed = ops.slice(clip.control(), 0, UpdateControl.PROCEED, UpdateControl.PROCEED + 1);
    Tensor told = ops.concat(0, List.of(sums, clip.norm(), proceed));
    recorder.assign(recorder.external(report, TensorType.f32(4)), (Value) told);
    if (clears) {
      recorder.fill(gradients, 0);
    }
    recorder.fill(sums, 0);
  }

  private Value flatGradients(Recorder recorder) {
    Storage all = store.gradients();
    return recorder.external(all, TensorType.f32(all.bytes() / Float.BYTES));
  }

  private void update(Recorder recorder, UpdatedPiece piece, Tensor control) {
    RecordedUpdate update = new RecordedUpdate(recorder, store, piece, control);
    optimizer.update(update, recorder.ops());
    if (!update.copyTaken()) {
      Shadows.record(recorder, store, piece);
    }
  }
}
