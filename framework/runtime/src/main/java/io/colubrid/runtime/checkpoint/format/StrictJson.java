package io.colubrid.runtime.checkpoint.format;

import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON of strangers: a key given twice, or anything after the object, is an error. */
public final class StrictJson {
  private static final int EXCERPT_CHARACTERS = 80;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // Python writes Infinity as it is.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private StrictJson() {}

  public static JsonNode object(Path file, byte[] json) throws IOException {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JacksonException e) {
      throw new CheckpointFormatException(
          file, "expected a JSON object: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new CheckpointFormatException(file, "expected a JSON object, found " + excerpt(root));
    }
    return root;
  }

  static String excerpt(JsonNode node) {
    String text = node.toString();
    return text.length() <= EXCERPT_CHARACTERS ? text : text.substring(0, EXCERPT_CHARACTERS) + "…";
  }
}
