package io.colubrid.runtime.experiment;

import io.colubrid.runtime.training.TrainingListener;

/** Watches a comparison. */
public interface ComparisonListener {
  /**
   * Called before a model is trained with a seed.
   *
   * @param cell number of the cell, from 1
   * @param cells number of cells in all
   * @return who watches this training
   */
  TrainingListener training(String model, long seed, int cell, int cells);

  /** Called with a sentence for the user. */
  void note(String sentence);
}
