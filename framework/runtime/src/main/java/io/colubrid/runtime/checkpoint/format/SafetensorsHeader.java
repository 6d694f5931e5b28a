package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a safetensors header says, checked against the bytes that follow it. */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  static final String METADATA = "__metadata__";

  /** One tensor's place; offsets count from the end of the header. */
  record Entry(String name, StoredType type, List<Long> shape, long begin, long end) {}

  /** Entries come back ordered by their place in the file. */
  static SafetensorsHeader parse(Path file, MemorySegment json, long dataBytes) throws IOException {
    byte[] bytes = json.toArray(ValueLayout.JAVA_BYTE);
    if (bytes.length == 0 || bytes[0] != '{') {
      throw new CheckpointFormatException(
          file, "this is no safetensors file: expected a header that begins with '{'");
    }
    return new Parser(file, dataBytes).parse(StrictJson.object(file, bytes));
  }

  private record Parser(Path file, long dataBytes) {

    SafetensorsHeader parse(JsonNode root) throws IOException {
      List<Entry> entries = new ArrayList<>();
      Map<String, String> metadata = Map.of();
      for (Map.Entry<String, JsonNode> property : root.properties()) {
        if (property.getKey().equals(METADATA)) {
          metadata = metadata(property.getValue());
        } else {
          entries.add(entry(property.getKey(), property.getValue()));
        }
      }
      entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
      requireNoOverlapAndNoHole(entries);
      return new SafetensorsHeader(List.copyOf(entries), metadata);
    }

    private Map<String, String> metadata(JsonNode node) throws IOException {
      Map<String, String> metadata = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> property : node.properties()) {
        if (!property.getValue().isString()) {
          throw problem(METADATA + "." + property.getKey(), "a string", property.getValue());
        }
        metadata.put(property.getKey(), property.getValue().stringValue());
      }
      return metadata;
    }

    private Entry entry(String name, JsonNode node) throws IOException {
      if (!node.isObject()) {
        throw problem(name, "an object of dtype, shape and data_offsets", node);
      }
      StoredType type = type(name, node.path("dtype"));
      List<Long> shape = naturals(name, "shape", node.path("shape"));
      List<Long> offsets = naturals(name, "data_offsets", node.path("data_offsets"));
      if (offsets.size() != 2) {
        throw problem(name, "two data_offsets", node.path("data_offsets"));
      }
      Entry entry = new Entry(name, type, shape, offsets.get(0), offsets.get(1));
      requireInside(entry);
      requireBytesOfShape(entry);
      return entry;
    }

    private StoredType type(String name, JsonNode node) throws IOException {
      StoredType type = node.isString() ? StoredType.named(node.stringValue()).orElse(null) : null;
      if (type == null) {
        throw problem(name, "a dtype of " + StoredType.names(), node);
      }
      return type;
    }

    private List<Long> naturals(String name, String key, JsonNode node) throws IOException {
      if (!node.isArray()) {
        throw problem(name, key + " as an array of whole numbers", node);
      }
      List<Long> values = new ArrayList<>(node.size());
      for (JsonNode value : node) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
          throw problem(name, key + " of whole numbers from 0 to 2^63 - 1", value);
        }
        values.add(value.longValue());
      }
      return List.copyOf(values);
    }

    private void requireInside(Entry entry) throws IOException {
      if (entry.begin() > entry.end() || entry.end() > dataBytes) {
        throw new CheckpointFormatException(
            file,
            "tensor %s: expected begin <= end <= %d, found data_offsets [%d, %d]%s"
                .formatted(
                    entry.name(),
                    dataBytes,
                    entry.begin(),
                    entry.end(),
                    entry.end() > dataBytes ? "; the file may be cut off" : ""));
      }
    }

    private void requireBytesOfShape(Entry entry) throws IOException {
      long expected;
      try {
        expected = entry.type().bytes();
        for (long extent : entry.shape()) {
          expected = Math.multiplyExact(expected, extent);
        }
      } catch (ArithmeticException e) {
        throw new CheckpointFormatException(
            file,
            "tensor %s: shape %s has more than 2^63 bytes".formatted(entry.name(), entry.shape()),
            e);
      }
      long found = entry.end() - entry.begin();
      if (expected != found) {
        throw new CheckpointFormatException(
            file,
            "tensor %s: expected %d bytes for %s %s, found %d (data_offsets [%d, %d])"
                .formatted(
                    entry.name(),
                    expected,
                    entry.type(),
                    entry.shape(),
                    found,
                    entry.begin(),
                    entry.end()));
      }
    }

    private void requireNoOverlapAndNoHole(List<Entry> sorted) throws IOException {
      long end = 0;
      String before = "the header";
      for (Entry entry : sorted) {
        if (entry.begin() != end) {
          String what = entry.begin() < end ? "overlaps" : "leaves a hole after";
          throw new CheckpointFormatException(
              file,
              "tensor %s %s %s: expected it to begin at %d, found %d"
                  .formatted(entry.name(), what, before, end, entry.begin()));
        }
        end = entry.end();
        before = "tensor " + entry.name();
      }
      if (end != dataBytes) {
        throw new CheckpointFormatException(
            file,
            "expected the data to end with %s at byte %d, found %d bytes"
                .formatted(before, end, dataBytes));
      }
    }

    private CheckpointFormatException problem(String name, String expected, JsonNode found) {
      String text = found.isMissingNode() ? "nothing" : StrictJson.excerpt(found);
      return new CheckpointFormatException(
          file, "tensor %s: expected %s, found %s".formatted(name, expected, text));
    }
  }
}
