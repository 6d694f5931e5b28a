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

  /** Whether a value lies over some of so many bytes from an address on. */
  boolean overlap(Value value, long address, long bytes) {
    long from = address(value);
    return from < address + bytes && address < from + value.type().bytes();
  }

  /** The scratch memory of a node, or 0. */
  long workspace(int node) {
    long place = program.workspace(node);
    return place < 0 ? 0 : arena.address() + place;
  }
}
