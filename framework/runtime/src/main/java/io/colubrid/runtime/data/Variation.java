package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;

/** Shows a document in another way in each pass over the data, as its key says. */
@FunctionalInterface
public interface Variation {
  /** Shows documents as they are. */
  Variation NONE = (document, key) -> document;

  /**
   * @param key of the document in this pass, the same whenever the pass is repeated
   * @return a document of the same length
   */
  MemorySegment of(MemorySegment document, long key);
}
