package io.colubrid.runtime.training;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.Packing;
import io.colubrid.runtime.data.TokenBatch;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Where a batch of token rows lies on the device, always at the same addresses. */
final class BatchInput implements AutoCloseable {
  private final TensorType type;
  private final Packing packing;
  private final Storage ids;
  private final Storage targets;
  private final Storage segments;
  private final Storage positions;

  BatchInput(Memory memory, int batch, int length, Packing packing) {
    this.type = TensorType.i32(batch, length);
    this.packing = packing;
    this.ids = memory.allocate("ids", type.bytes());
    this.targets = memory.allocate("targets", type.bytes());
    this.segments = memory.allocate("segments", type.bytes());
    this.positions = memory.allocate("positions", type.bytes());
  }

  void write(TokenBatch batch) {
    copy(batch.ids(), ids);
    copy(batch.targets(), targets);
    copy(batch.segments(), segments);
    copy(batch.positions(), positions);
  }

  private void copy(MemorySegment from, Storage to) {
    MemorySegment.copy(from, 0, to.segment(), 0, type.bytes());
  }

  Value ids(Recorder recorder) {
    return recorder.external(ids, type);
  }

  Value targets(Recorder recorder) {
    return recorder.external(targets, type);
  }

  static Sequences.Kind kind(Packing packing) {
    return packing == Packing.DENSE ? Sequences.Kind.DENSE : Sequences.Kind.PACKED;
  }

  Sequences sequences(Recorder recorder) {
    return packing == Packing.DENSE
        ? RowSequences.dense()
        : new RowSequences(
            Sequences.Kind.PACKED,
            Optional.of(recorder.external(segments, type)),
            Optional.of(recorder.external(positions, type)));
  }

  @Override
  public void close() {
    List.of(ids, targets, segments, positions).forEach(Storage::close);
  }
}
