package io.colubrid.runtime.training;

import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.train.ParameterUpdate;
import org.jspecify.annotations.Nullable;

/** A piece of the parameters as an optimizer sees it while an update is recorded. */
final class RecordedUpdate implements ParameterUpdate {
  private final Recorder recorder;
  private final ParameterStore store;
  private final UpdatedPiece piece;
  private final Tensor control;
  private boolean copyTaken;

  RecordedUpdate(Recorder recorder, ParameterStore store, UpdatedPiece piece, Tensor control) {
    this.recorder = recorder;
    this.store = store;
    this.piece = piece;
    this.control = control;
  }

  @Override
  public Tensor value() {
    return piece.in(store.allMasters(), store, recorder);
  }

  @Override
  public Tensor gradient() {
    return piece.in(store.gradients(), store, recorder);
  }

  @Override
  public Tensor slot(String name) {
    return piece.in(store.slot(name), store, recorder);
  }

  @Override
  public @Nullable Tensor copy() {
    copyTaken = true;
    return piece.copy(recorder);
  }

  /** Whether the optimizer itself writes the copy. */
  boolean copyTaken() {
    return copyTaken;
  }

  @Override
  public boolean decays() {
    return piece.decays();
  }

  @Override
  public Tensor control() {
    return control;
  }
}
