package io.colubrid.runtime.data;

import java.util.Map;
import java.util.Optional;

/**
 * The {@code data} section of a file: what a model learns from. Implemented by a record for each
 * kind of data, whose components are the keys; {@code source} says which kind it is.
 */
public interface DataConfig {
  /** Where the data come from. */
  DataSource source();

  /** Batches in memory, the one in use counted. */
  int readAhead();

  /** How sequences share a row of a batch. */
  default Packing packing() {
    return Packing.DENSE;
  }

  /** What is wrong with these values, by the key to mend; empty if nothing is. */
  Map<String, String> problems();

  /** The same data, named so that the folder of the start does not matter. */
  DataConfig absolute();

  /** What is learned, and how it is measured. */
  Task task();

  /**
   * What the batches look like, as far as the keys tell; empty where it takes the files to know.
   */
  default Optional<DataShape> knownShape() {
    return Optional.empty();
  }

  /** The data in a few words for a report, such as "Bytes of Europarl". */
  String description();

  /**
   * Opens the data.
   *
   * @throws DataException if they are missing, unreadable, broken, or too few to split
   * @throws IllegalArgumentException if there are {@link #problems}
   */
  DataSet<?> open();

  /** Throws unless there are no {@link #problems}. */
  default void requireUsable() {
    if (!problems().isEmpty()) {
      throw new IllegalArgumentException("the data's config is not usable: " + problems());
    }
  }
}
