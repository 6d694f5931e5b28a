package io.colubrid.runtime.report;

import io.colubrid.runtime.data.Measure;
import io.colubrid.runtime.data.Task;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The numbers of a report for programs. What is not finite is null. */
final class ResultsJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ResultsJson() {}

  static String of(ComparisonReport report) {
    ObjectNode root =
        MAPPER
            .createObjectNode()
            .put("title", report.title())
            .put("created", report.created().toString())
            .put("data", report.data())
            .put("seeds", report.seeds())
            .put("ranks", report.ranks())
            .put("stateTokens", report.stateTokens());
    Measure measure = report.task().measure();
    root.putObject("measure")
        .put("name", measure.name())
        .put("key", measure.jsonKey())
        .put("better", measure.better().toString());
    var models = root.putArray("models");
    report.models().forEach(model -> models.add(model(model, report.task())));
    root.set("machine", MAPPER.valueToTree(report.machine()));
    root.set("notes", MAPPER.valueToTree(report.notes()));
    return MAPPER.writeValueAsString(root) + "\n";
  }

  private static ObjectNode model(ModelResult model, Task task) {
    ObjectNode node =
        MAPPER.createObjectNode().put("name", model.name()).put("parameters", model.parameters());
    putNumber(node, "flopsPer" + capital(task.unit().word()), model.flopsPerUnit());
    Estimate heldOut = model.heldOut();
    String key = task.measure().jsonKey();
    putNumber(node, key, heldOut.mean());
    putNumber(node, key + "Std", heldOut.standardDeviation());
    putNumber(node, key + "HalfWidth95", heldOut.halfWidth95());
    model.more().forEach((name, mean) -> putNumber(node, name, mean));
    putNumber(node, trainKey(task), model.trainPerSecond().mean());
    putNumber(node, "generateTokensPerSecond", model.generateTokensPerSecond().mean());
    node.put("stateBytes", model.stateBytes());
    var seeds = node.putArray("seeds");
    model.seeds().forEach(seed -> seeds.add(seed(seed, task)));
    return node;
  }

  private static ObjectNode seed(SeedResult seed, Task task) {
    ObjectNode node = MAPPER.createObjectNode().put("seed", seed.seed());
    putNumber(node, task.measure().jsonKey(), seed.heldOut());
    seed.more().forEach((name, value) -> putNumber(node, name, value));
    putNumber(node, trainKey(task), seed.trainPerSecond());
    putNumber(node, "generateTokensPerSecond", seed.generateTokensPerSecond());
    if (!seed.layers().isEmpty()) {
      ObjectNode layers = node.putObject("layers");
      seed.layers().forEach((name, value) -> putNumber(layers, name, value));
    }
    return node;
  }

  private static String trainKey(Task task) {
    return "train" + capital(task.unit().plural()) + "PerSecond";
  }

  private static String capital(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  private static void putNumber(ObjectNode node, String name, double value) {
    if (!Double.isFinite(value)) {
      node.putNull(name);
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      node.put(name, (long) value);
    } else {
      node.put(name, value);
    }
  }
}
