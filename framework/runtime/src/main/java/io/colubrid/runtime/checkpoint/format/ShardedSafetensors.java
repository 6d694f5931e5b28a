package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The shards of one index, opened together and checked against it. */
final class ShardedSafetensors implements StoredTensors {
  private final SafetensorsIndex index;
  private final List<SafetensorsFile> files = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private ShardedSafetensors(SafetensorsIndex index) {
    this.index = index;
  }

  static ShardedSafetensors open(SafetensorsIndex index) throws IOException {
    ShardedSafetensors shards = new ShardedSafetensors(index);
    try {
      for (Path file : index.files()) {
        shards.add(file);
      }
      shards.requireAllNamed();
      return shards;
    } catch (IOException | RuntimeException e) {
      shards.close();
      throw e;
    }
  }

  private void add(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new CheckpointFormatException(
          index.file(), "expected the shard %s, found no such file".formatted(path.getFileName()));
    }
    SafetensorsFile file = SafetensorsFile.open(path);
    files.add(file);
    for (StoredTensor tensor : file.tensors().values()) {
      if (!path.equals(index.shards().get(tensor.name()))) {
        throw new CheckpointFormatException(
            path,
            "tensor %s is not listed for this shard in %s"
                .formatted(tensor.name(), index.file().getFileName()));
      }
      tensors.put(tensor.name(), tensor);
    }
    metadata.putAll(file.metadata());
  }

  private void requireAllNamed() throws IOException {
    List<String> missing =
        index.shards().keySet().stream().filter(name -> !tensors.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new CheckpointFormatException(
          index.file(), "these tensors are listed but in no shard: " + missing);
    }
  }

  @Override
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }

  @Override
  public String toString() {
    return index.file().toString();
  }
}
