package io.colubrid.runtime.model;

import io.colubrid.engine.memory.Memory;
import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The states of all layers for a number of sequences ("slots"), in memory that outlives a pass. A
 * pass that is recorded on a store reads and advances it in place whenever it runs.
 */
public final class StateStore implements AutoCloseable {
  private final long slots;
  private final long capacity;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Storage lengths;

  private record Entry(StateSpec spec, Storage storage) {}

  /**
   * @param states what each layer carries, by the layer's path
   * @param slots number of sequences
   * @param capacity the most tokens a sequence can have
   */
  public StateStore(Memory memory, Map<String, List<StateSpec>> states, long slots, long capacity) {
    this.slots = slots;
    this.capacity = capacity;
    states.forEach(
        (path, specs) ->
            specs.forEach(
                spec -> {
                  TensorType type = new TensorType(spec.dtype(), spec.storage(slots, capacity));
                  String name = path + "." + spec.name();
                  entries.put(
                      name, new Entry(spec, memory.allocate("state " + name, type.bytes())));
                }));
    this.lengths = memory.allocate("state lengths", TensorType.i32(slots).bytes());
  }

  public long slots() {
    return slots;
  }

  public long capacity() {
    return capacity;
  }

  /** I32 [slots]: tokens each sequence has had. */
  public Storage lengths() {
    return lengths;
  }

  public long bytes() {
    return entries.values().stream().mapToLong(entry -> entry.storage().bytes()).sum();
  }

  /** Forgets all sequences. */
  public void reset() {
    entries.values().forEach(entry -> entry.storage().clear());
    lengths.clear();
  }

  /** The states themselves, by path and name, for copies and tests. */
  public Map<String, Storage> storages() {
    Map<String, Storage> all = new LinkedHashMap<>();
    entries.forEach((name, entry) -> all.put(name, entry.storage()));
    return all;
  }

  /**
   * Makes each slot continue what another slot had: slot i becomes a copy of slot {@code from[i]}.
   */
  public void reorder(int[] from) {
    List<Storage> all = new ArrayList<>(storages().values());
    all.add(lengths);
    for (Storage storage : all) {
      long stride = storage.bytes() / slots;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment before = arena.allocate(Math.max(1, storage.bytes()), Long.BYTES);
        storage.read(0, before.asSlice(0, storage.bytes()));
        for (int i = 0; i < from.length; i++) {
          storage.write(i * stride, before.asSlice(from[i] * stride, stride));
        }
      }
    }
  }

  LayerState of(String path, Recorder recorder) {
    return new Recorded(path, recorder);
  }

  private final class Recorded implements LayerState {
    private final String path;
    private final Recorder recorder;

    Recorded(String path, Recorder recorder) {
      this.path = path;
      this.recorder = recorder;
    }

    @Override
    public Tensor get(String name) {
      Entry entry = entry(name);
      return recorder.external(
          entry.storage(),
          new TensorType(entry.spec().dtype(), entry.spec().storage(slots, capacity)));
    }

    @Override
    public void advance(String name, Tensor next) {
      recorder.assign((Value) get(name), (Value) next);
    }

    private Entry entry(String name) {
      Entry entry = entries.get(path + "." + name);
      if (entry == null) {
        throw new IllegalArgumentException(
            "layer %s asked for a state '%s' that its traits do not declare".formatted(path, name));
      }
      return entry;
    }

    @Override
    public Tensor lengths() {
      return recorder.external(lengths, TensorType.i32(slots));
    }
  }

  @Override
  public void close() {
    storages().values().forEach(Storage::close);
    lengths.close();
  }
}
