package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.format.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A foreign config.json while it is read. Every key must be asked for or be known to change
 * nothing; problems gather until {@link #finish()}. A null stands for a key that is not there.
 */
final class ForeignConfig {
  /** Where the file came from, and what only training, text or another framework's code needs. */
  private static final Set<String> IRRELEVANT =
      Set.of(
          "_name_or_path",
          "_commit_hash",
          "_attn_implementation",
          "architectures",
          "auto_map",
          "bos_token_id",
          "do_sample",
          "dtype",
          "eos_token_id",
          "initializer_range",
          "max_length",
          "model_type",
          "pad_token_id",
          "temperature",
          "tokenizer_class",
          "top_k",
          "top_p",
          "torch_dtype",
          "transformers_version",
          "unk_token_id",
          "use_cache");

  private static final long MOST_LAYERS = 10_000;

  private final Path file;
  private final String prefix;
  private final JsonNode object;
  private final List<String> problems;
  private final Set<String> asked;

  private ForeignConfig(Path file, String prefix, JsonNode object, List<String> problems) {
    this.file = file;
    this.prefix = prefix;
    this.object = object;
    this.problems = problems;
    this.asked = new HashSet<>();
  }

  static ForeignConfig read(Path file) throws IOException {
    byte[] json;
    try {
      json = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new ForeignConfigException(
          file, List.of("no such file; a checkpoint's folder holds config.json and its tensors"));
    }
    return new ForeignConfig(file, "", StrictJson.object(file, json), new ArrayList<>());
  }

  Path file() {
    return file;
  }

  void problem(String key, String message) {
    problems.add(prefix + key + ": " + message);
  }

  /** Keys that change nothing in the model. */
  void ignore(String... keys) {
    asked.addAll(List.of(keys));
  }

  /** Leaves the remaining keys alone, where a problem has been noted that they belong to. */
  void ignoreRest() {
    asked.addAll(object.propertyNames());
  }

  /** Whether the key stands in the file, perhaps as a null. */
  boolean mentions(String key) {
    return object.has(key);
  }

  boolean has(String key) {
    return node(key) != null;
  }

  /** Whether the key's value is this text. */
  boolean is(String key, String text) {
    JsonNode node = node(key);
    return node != null && node.isString() && node.asString().equals(text);
  }

  /** A whole number of at least 1 that must be there; 0 if it is not, which is noted. */
  long size(String key) {
    OptionalLong size = sizeIfAny(key);
    if (size.isEmpty() && !has(key)) {
      problem(key, "is missing; expected a whole number of at least 1");
    }
    return size.orElse(0);
  }

  /** The number of layers under a key; 0 if there is a problem, which is noted. */
  long layers(String key) {
    long layers = size(key);
    if (layers > MOST_LAYERS) {
      problem(key, "is %d, more than %d layers".formatted(layers, MOST_LAYERS));
      return 0;
    }
    return layers;
  }

  OptionalLong sizeIfAny(String key) {
    JsonNode node = node(key, JsonNode::isIntegralNumber, "a whole number of at least 1");
    if (node == null) {
      return OptionalLong.empty();
    }
    if (!node.canConvertToLong() || node.asLong() < 1) {
      problem(key, "expected a whole number of at least 1, found " + node);
      return OptionalLong.empty();
    }
    return OptionalLong.of(node.asLong());
  }

  /** A whole number of at least 0 that must be there; 0 if it is not, which is noted. */
  long count(String key) {
    JsonNode node = node(key, JsonNode::isIntegralNumber, "a whole number of at least 0");
    if (node == null && has(key)) {
      return 0;
    }
    if (node == null || !node.canConvertToLong() || node.asLong() < 0) {
      String found = node == null ? "is missing; expected" : "is " + node + "; expected";
      problem(key, found + " a whole number of at least 0");
      return 0;
    }
    return node.asLong();
  }

  /** Whole numbers of at least 1 that must be there; empty if they are not, which is noted. */
  List<Long> sizes(String key) {
    JsonNode node = node(key, JsonNode::isArray, "a list of whole numbers of at least 1");
    if (!has(key)) {
      problem(key, "is missing; expected a list of whole numbers of at least 1");
    }
    List<Long> sizes = new ArrayList<>();
    for (JsonNode size : node == null ? List.<JsonNode>of() : node.values()) {
      if (!size.isIntegralNumber() || !size.canConvertToLong() || size.asLong() < 1) {
        problem(key, "expected whole numbers of at least 1, found " + node);
        return List.of();
      }
      sizes.add(size.asLong());
    }
    return sizes;
  }

  boolean isList(String key) {
    JsonNode node = node(key);
    return node != null && node.isArray();
  }

  /** A number above 0. */
  double number(String key, double otherwise) {
    JsonNode node = node(key, JsonNode::isNumber, "a number above 0");
    if (node == null) {
      return otherwise;
    }
    if (!(node.asDouble() > 0)) {
      problem(key, "expected a number above 0, found " + node);
    }
    return node.asDouble();
  }

  /** Two bounds of step sizes, the second perhaps infinite; none if there are none. */
  StepBounds bounds(String key) {
    JsonNode node = node(key, JsonNode::isArray, "two numbers");
    if (node == null) {
      return StepBounds.NONE;
    }
    StepBounds bounds = new StepBounds(bound(node.path(0)), bound(node.path(1)));
    if (node.size() != 2 || !(bounds.min() >= 0 && bounds.min() <= bounds.max())) {
      problem(key, "expected two numbers from 0 on in their order, found " + node);
    }
    return bounds;
  }

  /** A number; files differ in how they write that it is infinite. */
  private static double bound(JsonNode node) {
    JsonNode inner = node.isObject() ? node.path("__float__") : node;
    if (inner.isNumber()) {
      return inner.asDouble();
    }
    boolean infinite = inner.isString() && inner.asString().equals("Infinity");
    return infinite ? Double.POSITIVE_INFINITY : Double.NaN;
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode node = node(key, JsonNode::isBoolean, "true or false");
    return node == null ? otherwise : node.asBoolean();
  }

  /** A text that must be there; empty if it is not. */
  String text(String key) {
    JsonNode node = node(key, JsonNode::isString, "a text");
    if (!has(key)) {
      problem(key, "is missing; expected a text");
    }
    return node == null ? "" : node.asString();
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  /** An object inside this one; empty if it is not there. */
  ForeignConfig section(String key) {
    JsonNode node = node(key, JsonNode::isObject, "an object");
    JsonNode inner = node == null ? JsonNodeFactory.instance.objectNode() : node;
    return new ForeignConfig(file, prefix + key + ".", inner, problems);
  }

  /** Lets a key be missing, or say what is the only thing supported. */
  void only(String key, Object supported, String why) {
    JsonNode node = node(key);
    if (node != null && !shown(node).equals(supported.toString())) {
      problem(key, "is %s, only %s is supported: %s".formatted(node, supported, why));
    }
  }

  /** Notes the keys that nobody asked for. */
  void noteUnknown() {
    Set<String> unknown = new TreeSet<>(object.propertyNames());
    unknown.removeAll(asked);
    unknown.removeAll(IRRELEVANT);
    for (String key : unknown) {
      if (has(key)) {
        problem(
            key,
            "is not known and might change the model; if it does not, remove it from the file");
      }
    }
  }

  /**
   * Ends the reading.
   *
   * @throws ForeignConfigException if anything in the file cannot be taken over
   */
  void finish() throws ForeignConfigException {
    noteUnknown();
    if (!problems.isEmpty()) {
      throw failure();
    }
  }

  ForeignConfigException failure() {
    return new ForeignConfigException(file, problems);
  }

  private static String shown(JsonNode node) {
    if (node.isNumber()) {
      return Double.toString(node.asDouble());
    }
    return node.isString() ? node.asString() : node.toString();
  }

  private @Nullable JsonNode node(String key) {
    asked.add(key);
    JsonNode node = object.get(key);
    return node == null || node.isNull() ? null : node;
  }

  private @Nullable JsonNode node(String key, Predicate<JsonNode> kind, String expected) {
    JsonNode node = node(key);
    if (node != null && !kind.test(node)) {
      problem(key, "expected " + expected + ", found " + node);
      return null;
    }
    return node;
  }
}
