package io.colubrid.runtime.bench;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Memory with numbers between −0.5 and 0.5, on any device; on a meta device only a size. */
final class RandomStorage {
  private static final long SEED = 1;

  /** Drawn once and repeated; no multiple of the sizes of rows. */
  private static final long DRAWN = 1_000_003;

  private RandomStorage() {}

  /**
   * @param type of F32 or BF16
   */
  static Storage of(Memory memory, String name, TensorType type) {
    Storage storage = memory.allocate("bench " + name, type.bytes());
    long count = Math.min(DRAWN, type.shape().elements());
    if (memory.isMeta()) {
      return storage;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment drawn = drawn(arena, type.dtype(), count);
      for (long at = 0; at < type.bytes(); at += drawn.byteSize()) {
        storage.write(at, drawn.asSlice(0, Math.min(drawn.byteSize(), type.bytes() - at)));
      }
    }
    return storage;
  }

  private static MemorySegment drawn(Arena arena, DType dtype, long count) {
    MemorySegment segment =
        arena
            .allocate(Math.max(1, count) * dtype.bytes(), Long.BYTES)
            .asSlice(0, count * dtype.bytes());
    Random random = new Random(SEED);
    for (long i = 0; i < count; i++) {
      float number = random.nextFloat() - 0.5f;
      switch (dtype) {
        case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, number);
        case BF16 ->
            segment.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(number) >>> 16));
        default -> throw new IllegalArgumentException("no random numbers of " + dtype);
      }
    }
    return segment;
  }
}
