package io.colubrid.testkit;

import io.colubrid.spi.layer.Sequences.Kind;
import io.colubrid.testkit.trial.RandomRows;
import io.colubrid.testkit.trial.Rows;
import java.util.ArrayList;
import java.util.List;

/** Rows of every kind that a layer takes; of great lengths only the most different kinds. */
final class Rounds {
  private static final int LONG = 100;
  private static final int VERY_LONG = 200;

  private Rounds() {}

  static List<Rows> of(LayerUnderTest layer, Case at) {
    RandomRows random = new RandomRows(at.seed());
    List<Rows> rounds = new ArrayList<>();
    rounds.add(random.dense(at.batch(), at.length(), layer.width()));
    if (takes(layer, Kind.PADDED) && at.length() < LONG) {
      rounds.add(random.padded(at.batch() + 1, at.length(), layer.width(), true));
      rounds.add(random.padded(at.batch() + 1, at.length(), layer.width(), false));
    }
    if (takes(layer, Kind.PACKED) && at.length() < VERY_LONG) {
      rounds.add(random.packed(at.batch(), at.length(), layer.width()));
    }
    return rounds;
  }

  /** A gradient to arrive at the layer's output; none arrives at padding. */
  static double[] outputGradient(LayerUnderTest layer, Rows rows, long seed) {
    int features = Math.toIntExact(layer.build().output().width());
    double[] gradient = new RandomRows(~seed).normal(rows.segments().length * features);
    return rows.withoutPadding(gradient);
  }

  private static boolean takes(LayerUnderTest layer, Kind kind) {
    return !layer.traits().refused().containsKey(kind);
  }
}
