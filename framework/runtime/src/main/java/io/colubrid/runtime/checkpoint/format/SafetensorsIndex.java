package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * The index of a checkpoint in shards: which file holds which tensor.
 *
 * @param file the index itself
 * @param shards tensor name to shard, resolved against the index's folder and never outside it
 */
public record SafetensorsIndex(Path file, Map<String, Path> shards) {

  /**
   * Reads an index, such as {@code model.safetensors.index.json}.
   *
   * @throws CheckpointFormatException if it has no {@code weight_map} of strings, or a shard's path
   *     leaves the folder
   */
  public static SafetensorsIndex read(Path file) throws IOException {
    JsonNode map = StrictJson.object(file, Files.readAllBytes(file)).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new CheckpointFormatException(
          file, "expected a weight_map of tensor names to file names, found none");
    }
    Map<String, Path> shards = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : map.properties()) {
      shards.put(property.getKey(), shard(file, property.getKey(), property.getValue()));
    }
    return new SafetensorsIndex(file, shards);
  }

  private static Path shard(Path file, String tensor, JsonNode node) throws IOException {
    if (!node.isString()) {
      throw new CheckpointFormatException(
          file,
          "tensor %s: expected a file name, found %s".formatted(tensor, StrictJson.excerpt(node)));
    }
    String name = node.stringValue();
    Path folder = file.toAbsolutePath().normalize().resolveSibling("");
    try {
      Path shard = folder.resolve(name).normalize();
      // A backslash separates on one system and is a letter on another: refused on all.
      if (!name.contains("\\") && shard.startsWith(folder) && !shard.equals(folder)) {
        return shard;
      }
    } catch (InvalidPathException e) {
      throw escape(file, tensor, name);
    }
    throw escape(file, tensor, name);
  }

  private static CheckpointFormatException escape(Path file, String tensor, String name) {
    return new CheckpointFormatException(
        file,
        "tensor %s: expected a file inside the index's folder, found '%s'".formatted(tensor, name));
  }

  /** The distinct shard files, in order of name. */
  public Iterable<Path> files() {
    return new TreeSet<>(shards.values());
  }
}
