package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Program;
import io.colubrid.engine.tape.Value;
import org.jspecify.annotations.Nullable;

/**
 * Finds the elements of a program's values: in its arena, or in the storages it was recorded on.
 */
record CudaValues(Program program, Storage arena) {

  long address(Value value) {
    return value.buffer().isPersistent()
        ? value.buffer().storage().address() + value.offset()
        : arena.address() + program.place(value.buffer()) + value.offset();
  }

  /** The address of an optional value, or 0. */
  long addressOrNull(@Nullable Value value) {
    return value == null ? 0 : address(value);
  }

  /** The scratch memory of a node, or 0. */
  long workspace(int node) {
    long place = program.workspace(node);
    return place < 0 ? 0 : arena.address() + place;
  }
}
