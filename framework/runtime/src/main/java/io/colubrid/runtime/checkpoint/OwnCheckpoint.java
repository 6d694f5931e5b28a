package io.colubrid.runtime.checkpoint;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.tape.ParameterBinding.Slot;
import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.checkpoint.format.StoredType;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Our own checkpoints: a safetensors file of the parameters under their paths, and one of the
 * optimizer's slots under {@code PATH.SLOT}. A parameter with several names is saved once, under
 * the first. Saving and loading changes no bit. BF16 copies are not saved, and must be refreshed
 * after loading.
 */
public final class OwnCheckpoint {
  private OwnCheckpoint() {}

  /** Streams the masters of all parameters as a safetensors file; the channel stays open. */
  public static void save(ParameterStore store, WritableByteChannel channel) throws IOException {
    write(masters(store), channel);
  }

  /**
   * Reads the masters of all parameters.
   *
   * @throws CheckpointMismatchException if any tensor is missing, left over or of another shape;
   *     then nothing was read
   */
  public static void load(StoredTensors stored, ParameterStore store) throws IOException {
    read(stored, masters(store));
  }

  /** Streams an optimizer's slots of all parameters as a safetensors file. */
  public static void saveSlots(
      ParameterStore store, Collection<String> slots, WritableByteChannel channel)
      throws IOException {
    write(slots(store, slots), channel);
  }

  /**
   * Reads an optimizer's slots of all parameters, and makes room for them where there is none.
   *
   * @throws CheckpointMismatchException as {@link #load}
   */
  public static void loadSlots(StoredTensors stored, ParameterStore store, Collection<String> slots)
      throws IOException {
    read(stored, slots(store, slots));
  }

  private record Target(Slot slot, Shape shape) {
    long bytes() {
      return shape.elements() * slot.dtype().bytes();
    }

    void read(long offset, MemorySegment to) {
      slot.storage().read(slot.offset() + offset, to);
    }

    void copy(StoredTensor tensor) {
      slot.storage()
          .edit(
              slot.offset(),
              bytes(),
              host -> {
                if (slot.dtype() == DType.F64) {
                  tensor.copyAsF64(host);
                } else {
                  tensor.copyAsF32(host);
                }
              });
    }
  }

  private static Map<String, Target> masters(ParameterStore store) {
    Map<String, Target> targets = new LinkedHashMap<>();
    for (ModelParameter parameter : store.parameters()) {
      targets.put(parameter.path(), new Target(store.master(parameter), parameter.shape()));
    }
    return targets;
  }

  private static Map<String, Target> slots(ParameterStore store, Collection<String> slots) {
    Map<String, Target> targets = new LinkedHashMap<>();
    for (ModelParameter parameter : store.parameters()) {
      for (String name : slots) {
        Slot slot = store.at(store.slot(name), parameter);
        targets.put(parameter.path() + "." + name, new Target(slot, parameter.shape()));
      }
    }
    return targets;
  }

  private static void write(Map<String, Target> targets, WritableByteChannel channel)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    targets.forEach(
        (name, target) ->
            writer.add(name, stored(target.slot().dtype()), extents(target), target::read));
    writer.writeTo(channel);
  }

  private static void read(StoredTensors stored, Map<String, Target> targets) throws IOException {
    Map<String, Shape> expected = new LinkedHashMap<>();
    targets.forEach((name, target) -> expected.put(name, target.shape()));
    TensorFit.require(stored, expected);
    targets.forEach((name, target) -> target.copy(stored.tensor(name)));
  }

  private static StoredType stored(DType master) {
    return master == DType.F64 ? StoredType.F64 : StoredType.F32;
  }

  private static List<Long> extents(Target target) {
    return Arrays.stream(target.shape().toArray()).boxed().toList();
  }
}
