package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.HeldOutBatches;
import io.colubrid.runtime.data.TokenBatch;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Scores a model on held-out text. */
public final class Evaluator implements AutoCloseable {
  private static final TensorType SCALAR = new TensorType(DType.F32, Shape.scalar());

  private final BatchInput input;
  private final Storage sum;
  private final Executable program;
  private final Arena arena = Arena.ofShared();
  private final TokenBatch batch;

  public Evaluator(
      Backend backend, Model model, ParameterStore store, TrainingStep.BatchShape shape) {
    this.input = new BatchInput(backend.memory(), shape.batch(), shape.length(), shape.packing());
    this.sum = backend.memory().allocate("evaluation loss", SCALAR.bytes());
    this.batch = TokenBatch.allocate(arena, shape.batch(), shape.length());
    Recorder recorder = new Recorder(store, Recorder.Bodies.FAST, false);
    ModelPass pass =
        new ModelPass(recorder, false, input.sequences(recorder), null, new PassObserver() {});
    Head.Loss loss =
        model.loss(model.hidden(input.ids(recorder), pass), input.targets(recorder), pass);
    recorder.assign(recorder.external(sum, SCALAR), (Value) loss.sum());
    this.program = backend.prepare("evaluation", backend.finish(recorder, List.of()));
  }

  /** Bits that the model needs for a byte of the text. */
  public double bitsPerByte(HeldOutBatches heldOut) {
    double nats = 0;
    heldOut.rewind();
    while (heldOut.next(batch)) {
      input.write(batch);
      program.run();
      nats += sum.segment().get(ValueLayout.JAVA_FLOAT, 0);
    }
    return nats / Math.log(2) / heldOut.predictedBytes();
  }

  @Override
  public void close() {
    program.close();
    input.close();
    sum.close();
    arena.close();
  }
}
