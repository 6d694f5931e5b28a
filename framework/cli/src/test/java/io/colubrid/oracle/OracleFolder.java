package io.colubrid.oracle;

import io.colubrid.runtime.checkpoint.format.SafetensorsWriter;
import io.colubrid.runtime.checkpoint.format.StoredTensor;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.checkpoint.format.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A checkpoint of somebody else's with what their implementation computes, or a copy to be broken.
 */
public record OracleFolder(Path path) {
  /** A tensor in memory. */
  public record Floats(java.util.List<Long> shape, float[] values) {}

  public static OracleFolder of(String name) {
    try {
      return new OracleFolder(
          Path.of(
              Objects.requireNonNull(
                      OracleFolder.class.getResource("/oracles/" + name), () -> "no oracle " + name)
                  .toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public OracleFolder copyTo(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    return new OracleFolder(folder);
  }

  public OracleFolder editConfig(UnaryOperator<String> edit) throws IOException {
    Path config = path.resolve("config.json");
    Files.writeString(config, edit.apply(Files.readString(config)));
    return this;
  }

  /** Rewrites a file of tensors. */
  public OracleFolder editTensors(String file, Consumer<Map<String, Floats>> edit)
      throws IOException {
    Map<String, Floats> tensors = new LinkedHashMap<>();
    try (StoredTensors stored = StoredTensors.open(path.resolve(file))) {
      for (StoredTensor tensor : stored.tensors().values()) {
        tensors.put(tensor.name(), new Floats(tensor.shape(), tensor.toFloats()));
      }
    }
    edit.accept(tensors);
    SafetensorsWriter writer = new SafetensorsWriter();
    tensors.forEach(
        (name, tensor) ->
            writer.add(
                name, StoredType.F32, tensor.shape(), MemorySegment.ofArray(tensor.values())));
    writer.write(path.resolve(file));
    return this;
  }

  @Override
  public String toString() {
    return path.getFileName().toString();
  }
}
