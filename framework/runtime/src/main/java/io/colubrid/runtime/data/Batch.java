package io.colubrid.runtime.data;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Host memory of one batch, laid out as the tensors that the model's ends take. */
public interface Batch {
  /** What the stem takes. */
  MemorySegment input();

  /** What the head's loss takes. */
  MemorySegment targets();

  /** I32 [batch, length], where rows hold several documents; else null. */
  default @Nullable MemorySegment segments() {
    return null;
  }

  /** I32 [batch, length], where rows hold several documents; else null. */
  default @Nullable MemorySegment positions() {
    return null;
  }
}
