package io.colubrid.testkit;

import io.colubrid.testkit.trial.LayerSession;
import io.colubrid.testkit.trial.LayerTrial;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Result;
import io.colubrid.testkit.trial.Rows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Compares sequences taken in pieces, by states, with the same sequences in one pass without. */
final class Pieces {
  private Pieces() {}

  /**
   * What differs, or null. The states have room for the sequence and not for a position more, and
   * have been used and reset before.
   *
   * @param cuts first positions of all pieces but the first, ascending
   */
  static @Nullable String mismatch(LayerUnderTest layer, Case at, int[] cuts) {
    RandomRows random = new RandomRows(at.seed());
    Rows rows = random.dense(at.batch(), at.length(), layer.width());
    try (LayerTrial trial = layer.trial(at.seed(), layer.setting())) {
      Result whole = trial.forward(rows);
      LayerSession session = trial.session(at.batch(), at.length());
      session.advance(random.dense(at.batch(), 1, layer.width()));
      session.reset();
      int from = 0;
      for (int i = 0; i <= cuts.length; i++) {
        int to = i == cuts.length ? at.length() : cuts[i];
        String mismatch =
            mismatch(layer, rows, whole, session.advance(rows.positions(from, to)), from, to);
        if (mismatch != null) {
          return mismatch;
        }
        from = to;
      }
      return null;
    }
  }

  private static @Nullable String mismatch(
      LayerUnderTest layer, Rows rows, Result whole, Result piece, int from, int to) {
    for (int row = 0; row < rows.batch(); row++) {
      double[] expected = rows.cut(whole.output(), new Rows.Document(row, from, to));
      int size = expected.length;
      double[] found = Arrays.copyOfRange(piece.output(), row * size, (row + 1) * size);
      String what = "output of row %d, positions %d to %d".formatted(row, from, to);
      String mismatch =
          Closeness.on(layer.setting()).mismatch(what, piece.shape().with(0, 1), expected, found);
      if (mismatch != null) {
        return mismatch;
      }
    }
    return null;
  }
}
