package io.colubrid.engine.cpu;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Finds the elements of a program's values: in its arena, or in the storages it was recorded on.
 */
record CpuMemory(Program program, Storage arena) {

  MemorySegment segment(Value value) {
    long bytes = value.type().bytes();
    if (value.buffer().isPersistent()) {
      return value.buffer().storage().segment().asSlice(value.offset(), bytes);
    }
    long place = program.place(value.buffer()) + value.offset();
    return arena.segment().asSlice(place, bytes);
  }

  long address(Value value) {
    return segment(value).address();
  }

  /** The scratch memory of a node, or an empty segment. */
  MemorySegment workspace(int node, long bytes) {
    long place = program.workspace(node);
    return place < 0 ? MemorySegment.NULL : arena.segment().asSlice(place, bytes);
  }

  @Nullable MemorySegment segmentOrNull(@Nullable Value value) {
    return value == null ? null : segment(value);
  }
}
