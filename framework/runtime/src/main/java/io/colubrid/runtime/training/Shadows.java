package io.colubrid.runtime.training;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import java.util.List;

/** Brings the BF16 copies of parameters in line with the masters. */
public final class Shadows {
  private Shadows() {}

  /**
   * Copies all, for parameters that came from elsewhere; does nothing where there are no copies.
   */
  public static void refresh(Backend backend, ParameterStore store) {
    if (store.precision() != Precision.BF16 || backend.memory().isMeta()) {
      return;
    }
    Recorder recorder = new Recorder(store, backend.bodies(), false);
    UpdatedPiece.of(store, true).forEach(piece -> record(recorder, store, piece));
    try (Executable copies = backend.prepare("copies", backend.finish(recorder, List.of()))) {
      copies.run();
    }
  }

  /** Records the copying of one piece, if it has a copy. */
  static void record(Recorder recorder, ParameterStore store, UpdatedPiece piece) {
    Value copy = piece.copy(recorder);
    if (copy != null) {
      recorder.cast(piece.in(store.allMasters(), store, recorder), copy);
    }
  }
}
