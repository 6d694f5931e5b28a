package io.colubrid.runtime.training;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.runtime.data.Batch;
import io.colubrid.runtime.data.Packing;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.RowSequences;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a batch lies on the device, always at the same addresses, as the model's ends take it. */
final class BatchInput implements AutoCloseable {
  private final Part input;
  private final Part targets;
  private final List<Part> documents = new ArrayList<>();

  /** A tensor of the batch. */
  private record Part(Storage storage, TensorType type) implements AutoCloseable {
    static Part allocate(Memory memory, String name, TensorType type) {
      return new Part(memory.allocate(name, type.bytes()), type);
    }

    void write(MemorySegment from) {
      storage.write(0, from.asSlice(0, type.bytes()));
    }

    Value value(Recorder recorder) {
      return recorder.external(storage, type);
    }

    @Override
    public void close() {
      storage.close();
    }
  }

  BatchInput(Memory memory, Model model, TrainingStep.BatchShape shape) {
    int batch = shape.batch();
    int length = shape.length();
    this.input = Part.allocate(memory, "input", model.stem().input(batch, length));
    this.targets = Part.allocate(memory, "targets", model.head().target(batch, length));
    if (shape.packing() == Packing.PACKED) {
      documents.add(Part.allocate(memory, "segments", TensorType.i32(batch, length)));
      documents.add(Part.allocate(memory, "positions", TensorType.i32(batch, length)));
    }
  }

  void write(Batch batch) {
    input.write(batch.input());
    targets.write(batch.targets());
    MemorySegment segments = batch.segments();
    MemorySegment positions = batch.positions();
    if (!documents.isEmpty() && segments != null && positions != null) {
      documents.getFirst().write(segments);
      documents.getLast().write(positions);
    }
  }

  Value input(Recorder recorder) {
    return input.value(recorder);
  }

  Value targets(Recorder recorder) {
    return targets.value(recorder);
  }

  static Sequences.Kind kind(Packing packing) {
    return packing == Packing.DENSE ? Sequences.Kind.DENSE : Sequences.Kind.PACKED;
  }

  Sequences sequences(Recorder recorder) {
    return documents.isEmpty()
        ? RowSequences.dense()
        : new RowSequences(
            Sequences.Kind.PACKED,
            Optional.of(documents.getFirst().value(recorder)),
            Optional.of(documents.getLast().value(recorder)));
  }

  @Override
  public void close() {
    input.close();
    targets.close();
    documents.forEach(Part::close);
  }
}
