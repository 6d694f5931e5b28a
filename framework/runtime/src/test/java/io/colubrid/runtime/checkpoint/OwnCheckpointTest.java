package io.colubrid.runtime.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.engine.tape.ParameterBinding.Slot;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.checkpoint.format.StoredType;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Parameter.Role;
import io.colubrid.spi.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnCheckpointTest {
  private static final List<String> SLOTS = List.of("exp_avg", "exp_avg_sq");

  @TempDir Path folder;

  private final Memory memory = Memory.tracingCpu();

  @Test
  void whatIsLoadedHasTheBitsThatWereSaved() throws IOException {
    try (ParameterStore saved = store(Precision.F32);
        ParameterStore loaded = store(Precision.F32)) {
      fill(saved.master(saved.parameters().getFirst()).storage());
      SLOTS.forEach(slot -> fill(saved.slot(slot)));
      Path parameters = folder.resolve("model.safetensors");
      Path slots = folder.resolve("optimizer.safetensors");
      write(parameters, channel -> OwnCheckpoint.save(saved, channel));
      write(slots, channel -> OwnCheckpoint.saveSlots(saved, SLOTS, channel));

      try (StoredTensors stored = StoredTensors.open(parameters);
          StoredTensors storedSlots = StoredTensors.open(slots)) {
        OwnCheckpoint.load(stored, loaded);
        OwnCheckpoint.loadSlots(storedSlots, loaded, SLOTS);
      }

      for (int i = 0; i < saved.parameters().size(); i++) {
        ModelParameter before = saved.parameters().get(i);
        ModelParameter after = loaded.parameters().get(i);
        assertThat(bits(loaded.master(after), after.shape()))
            .isEqualTo(bits(saved.master(before), before.shape()));
        for (String slot : SLOTS) {
          assertThat(bits(loaded.at(loaded.slot(slot), after), after.shape()))
              .isEqualTo(bits(saved.at(saved.slot(slot), before), before.shape()));
        }
      }
    }
    memory.requireEmpty();
  }

  @Test
  void doublesAreSavedAsDoubles() throws IOException {
    Path file = folder.resolve("model.safetensors");
    try (ParameterStore store = store(Precision.F64)) {
      Slot slot = store.master(store.parameters().getFirst());
      slot.storage().segment().set(ValueLayout.JAVA_DOUBLE, slot.offset(), Math.PI);
      write(file, channel -> OwnCheckpoint.save(store, channel));
    }

    try (StoredTensors stored = StoredTensors.open(file)) {
      assertThat(stored.tensor("stem.weight").type()).isEqualTo(StoredType.F64);
      assertThat(stored.tensor("stem.weight").toDoubles()[0]).isEqualTo(Math.PI);
    }
  }

  @Test
  void everyTensorThatDoesNotFitIsListed() throws IOException {
    Path file = folder.resolve("model.safetensors");
    new SafetensorsWriter()
        .add("stem.weights", StoredType.F32, List.of(3L, 2L), floats(6))
        .add("layers.0.mixer_norm.weight", StoredType.F32, List.of(3L), floats(3))
        .add("head.norm.weight", StoredType.I32, List.of(2L), floats(2))
        .add("xyz", StoredType.F32, List.of(1L), floats(1))
        .write(file);

    try (ParameterStore store = store(Precision.F32);
        StoredTensors stored = StoredTensors.open(file)) {
      assertThatThrownBy(() -> OwnCheckpoint.load(stored, store))
          .isInstanceOf(CheckpointMismatchException.class)
          .hasMessage(
              file
                  + """
                  : 5 tensors do not fit the model
                    missing: stem.weight [3, 2]; left over is stem.weights [3, 2]
                    left over: stem.weights [3, 2]; missing is stem.weight [3, 2]
                    left over: xyz [1]; the model has no use for it
                    wrong shape: layers.0.mixer_norm.weight [3], expected [2]
                    wrong type: head.norm.weight [2] holds I32, expected real numbers\
                  """);
      Slot first = store.master(store.parameters().getFirst());
      assertThat(bits(first, store.parameters().getFirst().shape())).containsOnly(0);
    }
  }

  private ParameterStore store(Precision precision) {
    return new ParameterStore(
        memory,
        precision,
        List.of(
            parameter("stem.weight", Shape.of(3, 2)),
            parameter("layers.0.mixer_norm.weight", Shape.of(2)),
            parameter("head.norm.weight", Shape.of(2))));
  }

  private static ModelParameter parameter(String path, Shape shape) {
    return new ModelParameter(path, shape, Initializer.normal(1), Role.MATRIX);
  }

  private static void fill(Storage storage) {
    Random random = new Random(storage.name().hashCode());
    for (long at = 0; at < storage.bytes(); at += Integer.BYTES) {
      storage.segment().set(ValueLayout.JAVA_INT, at, random.nextInt());
    }
  }

  private static int[] bits(Slot slot, Shape shape) {
    return slot.storage()
        .segment()
        .asSlice(slot.offset(), shape.elements() * slot.dtype().bytes())
        .toArray(ValueLayout.JAVA_INT);
  }

  private static MemorySegment floats(int count) {
    return MemorySegment.ofArray(new float[count]);
  }

  private interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private static void write(Path file, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      content.writeTo(channel);
    }
  }
}
