package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.data.HeldOut;
import io.colubrid.runtime.data.Score;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelPass;
import io.colubrid.runtime.model.PassObserver;
import io.colubrid.spi.layer.Head;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scores a model on held-out data.
 *
 * @param <B> the batches of the data
 */
public final class Evaluator<B extends Batch> implements AutoCloseable {
  private static final TensorType SCALAR = new TensorType(DType.F32, Shape.scalar());
  private static final MemorySegment NO_ANSWERS = MemorySegment.ofArray(new float[0]);

  private final HeldOut<B> heldOut;
  private final int rows;
  private final BatchInput input;
  private final Storage sum;
  private final @Nullable Value answers;
  private final Executable program;

  /**
   * Records the pass.
   *
   * @param heldOut what to score on
   */
  public Evaluator(
      Backend backend,
      Model model,
      ParameterStore store,
      TrainingStep.BatchShape shape,
      HeldOut<B> heldOut) {
    this.heldOut = heldOut;
    this.rows = shape.batch();
    this.input = new BatchInput(backend.memory(), model, shape);
    this.sum = backend.memory().allocate("evaluation loss", SCALAR.bytes());
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    ModelPass pass =
        new ModelPass(recorder, false, input.sequences(recorder), null, new PassObserver() {});
    Tensor hidden = model.hidden(input.input(recorder), pass);
    Head.Loss loss = model.loss(hidden, input.targets(recorder), pass);
    recorder.assign(recorder.external(sum, SCALAR), (Value) loss.sum());
    this.answers = heldOut.readsAnswers() ? answers(model, hidden, pass, recorder) : null;
    List<Value> outputs = answers == null ? List.of() : List.of(answers);
    this.program = backend.prepare("evaluation", backend.finish(recorder, outputs));
  }

  private static Value answers(Model model, Tensor hidden, ModelPass pass, Recorder recorder) {
    return (Value) recorder.ops().cast(model.logits(hidden, pass), DType.F32);
  }

  /** Runs the whole pass. */
  public Score score() {
    try (Arena arena = Arena.ofShared()) {
      B batch = heldOut.allocate(arena, rows);
      heldOut.rewind();
      while (heldOut.next(batch)) {
        input.write(batch);
        program.run();
        double loss = sum.view(0, SCALAR.bytes(), told -> told.get(ValueLayout.JAVA_FLOAT, 0));
        heldOut.add(loss, answers == null ? NO_ANSWERS : program.read(answers));
      }
      return heldOut.score();
    }
  }

  @Override
  public void close() {
    program.close();
    input.close();
    sum.close();
  }
}
