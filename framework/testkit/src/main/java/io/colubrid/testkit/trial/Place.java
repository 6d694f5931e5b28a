package io.colubrid.testkit.trial;

import io.colubrid.engine.memory.Storage;
import java.lang.foreign.ValueLayout;

/** A range of a storage, on any device. */
record Place(Storage storage, long offset, long bytes) {
  /** A range of this one. */
  Place part(long from, long count) {
    return new Place(storage, offset + from, count);
  }

  boolean overlaps(Place other) {
    return storage == other.storage
        && offset < other.offset + other.bytes
        && other.offset < offset + bytes;
  }

  void fill(byte value) {
    storage.fill(offset, bytes, value);
  }

  byte[] copy() {
    return storage.view(offset, bytes, host -> host.toArray(ValueLayout.JAVA_BYTE));
  }
}
