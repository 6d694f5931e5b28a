package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A state dict as {@code torch.save} writes it since PyTorch 1.6, mapped into memory: a zip file
 * with a pickle that describes tensors, and an entry for each storage that they are views of. A
 * tensor whose elements do not stand side by side is copied; all others are the file itself. Any
 * thread may read it.
 */
public final class PytorchFile implements StoredTensors {
  /** How a zip file begins. */
  private static final int SIGNATURE = 0x04034b50;

  /** A longer pickle is taken for a damaged or hostile file. */
  private static final long MAX_PICKLE_BYTES = SafetensorsFile.MAX_HEADER_BYTES;

  private static final String PICKLE = "/data.pkl";
  private static final String BYTE_ORDER = "/byteorder";
  private static final String LITTLE = "little";

  private final Path path;
  private final Arena arena;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private PytorchFile(Path path, Arena arena) {
    this.path = path;
    this.arena = arena;
  }

  /**
   * Maps a file and checks all that it says of its tensors.
   *
   * @throws CheckpointFormatException if it breaks the format, or its pickle asks for anything that
   *     a state dict does not need
   */
  public static PytorchFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      PytorchFile file = new PytorchFile(path, arena);
      file.map();
      return file;
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private void map() throws IOException {
    MemorySegment file;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      file = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
    if (file.byteSize() < Integer.BYTES || file.get(ElementConversion.I32, 0) != SIGNATURE) {
      throw new CheckpointFormatException(
          path,
          "expected a zip file; if PyTorch before 1.6 wrote it, load and save it with a newer one");
    }
    Map<String, MemorySegment> entries = ZipEntries.read(path, file);
    String folder = folder(entries);
    requireLittleEndian(entries.get(folder + BYTE_ORDER));
    MemorySegment pickle = Objects.requireNonNull(entries.get(folder + PICKLE));
    if (pickle.byteSize() > MAX_PICKLE_BYTES) {
      throw new CheckpointFormatException(
          path,
          "expected a pickle of at most %d bytes, found %d"
              .formatted(MAX_PICKLE_BYTES, pickle.byteSize()));
    }
    Object value;
    try {
      value = StateDictPickle.read(pickle);
    } catch (PickleException e) {
      throw new CheckpointFormatException(path, "its pickle is refused: " + e.getMessage(), e);
    }
    if (!(value instanceof Map<?, ?> dictionary)) {
      throw new CheckpointFormatException(
          path, "expected a state dict, found " + StateDictPickle.kind(value));
    }
    for (Map.Entry<?, ?> entry : dictionary.entrySet()) {
      if (!(entry.getKey() instanceof String name
          && entry.getValue() instanceof PickledTensor tensor)) {
        throw new CheckpointFormatException(
            path,
            "expected a state dict of tensors by name, found %s under %s"
                .formatted(
                    StateDictPickle.kind(entry.getValue()), StateDictPickle.kind(entry.getKey())));
      }
      tensors.put(name, stored(name, tensor, entries, folder));
    }
  }

  /** All entries lie in one folder, whose name is anybody's. */
  private String folder(Map<String, MemorySegment> entries) throws IOException {
    for (String name : entries.keySet()) {
      if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length()) {
        return name.substring(0, name.length() - PICKLE.length());
      }
    }
    throw new CheckpointFormatException(
        path, "expected an entry data.pkl, as torch.save writes it, found none");
  }

  private void requireLittleEndian(@Nullable MemorySegment order) throws IOException {
    if (order != null && order.byteSize() < 100) {
      String name = new String(order.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
      if (!name.equals(LITTLE)) {
        throw new CheckpointFormatException(
            path, "expected bytes in the order '%s', found '%s'".formatted(LITTLE, name));
      }
    }
  }

  private StoredTensor stored(
      String name, PickledTensor tensor, Map<String, MemorySegment> entries, String folder)
      throws IOException {
    PickledTensor.Storage storage = tensor.storage();
    MemorySegment bytes = entries.get(folder + "/data/" + storage.key());
    if (bytes == null) {
      throw problem(name, "there is no storage '%s'".formatted(storage.key()));
    }
    long width = storage.type().bytes();
    if (bytes.byteSize() / width != storage.elements() || bytes.byteSize() % width != 0) {
      throw problem(
          name,
          "expected the storage '%s' to have %d elements of %s, found %d bytes"
              .formatted(storage.key(), storage.elements(), storage.type(), bytes.byteSize()));
    }
    requireInside(name, tensor);
    MemorySegment data =
        tensor.isContiguous()
            ? bytes.asSlice(tensor.offset() * width, tensor.count() * width)
            : gathered(tensor, bytes);
    return new StoredTensor(name, storage.type(), tensor.shape(), data);
  }

  private void requireInside(String name, PickledTensor tensor) throws IOException {
    long elements = tensor.storage().elements();
    try {
      if (tensor.end() <= elements && tensor.count() <= elements) {
        return;
      }
    } catch (ArithmeticException tooLarge) {
      // Then it is not inside either.
    }
    throw problem(
        name,
        "shape %s with strides %s from %d on does not fit a storage of %d elements"
            .formatted(tensor.shape(), tensor.strides(), tensor.offset(), elements));
  }

  private CheckpointFormatException problem(String tensor, String problem) {
    return new CheckpointFormatException(path, "tensor %s: %s".formatted(tensor, problem));
  }

  /** The elements in row-major order, copied from wherever their strides say they are. */
  private MemorySegment gathered(PickledTensor tensor, MemorySegment storage) {
    long width = tensor.storage().type().bytes();
    long count = tensor.count();
    MemorySegment copy = arena.allocate(count * width, Long.BYTES);
    int rank = tensor.shape().size();
    long[] index = new long[rank];
    long from = tensor.offset();
    for (long i = 0; i < count; i++) {
      MemorySegment.copy(storage, from * width, copy, i * width, width);
      int axis = rank - 1;
      while (axis >= 0 && ++index[axis] == tensor.shape().get(axis)) {
        from -= (index[axis] - 1) * tensor.strides().get(axis);
        index[axis--] = 0;
      }
      from += axis < 0 ? 0 : tensor.strides().get(axis);
    }
    return copy.asReadOnly();
  }

  @Override
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
