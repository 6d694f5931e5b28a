package io.colubrid.runtime.data;

/**
 * Data that were opened and split: what a run trains on and is evaluated on. Close it after all
 * streams made of it.
 *
 * @param <B> the batches it fills
 */
public interface DataSet<B extends Batch> extends AutoCloseable {
  /** What the batches look like to the ends of a model. */
  DataShape shape();

  /**
   * The stream to train on, from its beginning.
   *
   * @param length positions of a row, where rows are sequences
   * @param seed of the order and of all that is random in it
   */
  TrainingStream<B> training(int length, long seed);

  /**
   * The pass to evaluate on.
   *
   * @throws DataException if nothing is held out
   */
  HeldOut<B> heldOut(int length);

  /**
   * A number that changes if the data do; a resumed run compares it before it trusts its {@link
   * DataPosition}.
   */
  long fingerprint();

  @Override
  void close();
}
