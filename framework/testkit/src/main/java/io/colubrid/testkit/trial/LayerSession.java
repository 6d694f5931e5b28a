package io.colubrid.testkit.trial;

import io.colubrid.runtime.model.StateStore;
import io.colubrid.spi.layer.Sequences.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * Sequences that a layer takes in several passes, by its states. Passes of one size are recorded
 * once.
 */
public final class LayerSession implements AutoCloseable {
  private final LayerTrial trial;
  private final StateStore states;
  private final Map<Size, LayerPass> passes = new HashMap<>();

  private record Size(Kind kind, int length) {}

  LayerSession(LayerTrial trial, int slots, int capacity) {
    this.trial = trial;
    this.states = new StateStore(trial.backend().memory(), trial.layer().states(), slots, capacity);
  }

  /** Takes the next positions of all sequences. */
  public Result advance(Rows rows) {
    Result result = pass(rows).run(rows);
    count(rows);
    return result;
  }

  /** The same, with every buffer poisoned. */
  public Result advancePoisoned(Rows rows) {
    LayerPass pass = pass(rows);
    Result result = pass.run(rows, new Poison(pass));
    count(rows);
    return result;
  }

  private LayerPass pass(Rows rows) {
    return passes.computeIfAbsent(
        new Size(rows.kind(), rows.length()), size -> new LayerPass(trial, rows, false, states));
  }

  private void count(Rows rows) {
    states.lengths().edit(0, states.lengths().bytes(), lengths -> count(rows, lengths));
  }

  private static void count(Rows rows, MemorySegment lengths) {
    for (Rows.Document document : rows.documents()) {
      int before = lengths.getAtIndex(ValueLayout.JAVA_INT, document.row());
      lengths.setAtIndex(ValueLayout.JAVA_INT, document.row(), before + document.length());
    }
  }

  /** Forgets all sequences. */
  public void reset() {
    states.reset();
  }

  /** Makes each sequence go on where another one stands. */
  public void reorder(int... from) {
    states.reorder(from);
  }

  @Override
  public void close() {
    passes.values().forEach(LayerPass::close);
    states.close();
  }
}
