package io.colubrid.runtime.bench;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Memory with numbers between −0.5 and 0.5. */
final class RandomStorage {
  private static final long SEED = 1;

  private RandomStorage() {}

  static Storage floats(Memory memory, String name, long count) {
    Storage storage = memory.allocate("bench " + name, count * Float.BYTES);
    MemorySegment segment = storage.segment();
    Random random = new Random(SEED);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
    }
    return storage;
  }
}
