package io.colubrid.runtime.report;

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
    var models = root.putArray("models");
    report.models().forEach(model -> models.add(model(model)));
    root.set("machine", MAPPER.valueToTree(report.machine()));
    root.set("notes", MAPPER.valueToTree(report.notes()));
    return MAPPER.writeValueAsString(root) + "\n";
  }

  private static ObjectNode model(ModelResult model) {
    ObjectNode node =
        MAPPER.createObjectNode().put("name", model.name()).put("parameters", model.parameters());
    putNumber(node, "flopsPerToken", model.flopsPerToken());
    Estimate heldOut = model.heldOutBitsPerByte();
    putNumber(node, "heldOutBitsPerByte", heldOut.mean());
    putNumber(node, "heldOutBitsPerByteStd", heldOut.standardDeviation());
    putNumber(node, "heldOutBitsPerByteHalfWidth95", heldOut.halfWidth95());
    putNumber(node, "trainTokensPerSecond", model.trainTokensPerSecond().mean());
    putNumber(node, "generateTokensPerSecond", model.generateTokensPerSecond().mean());
    node.put("stateBytes", model.stateBytes());
    var seeds = node.putArray("seeds");
    model.seeds().forEach(seed -> seeds.add(seed(seed)));
    return node;
  }

  private static ObjectNode seed(SeedResult seed) {
    ObjectNode node = MAPPER.createObjectNode().put("seed", seed.seed());
    putNumber(node, "heldOutBitsPerByte", seed.heldOutBitsPerByte());
    putNumber(node, "trainTokensPerSecond", seed.trainTokensPerSecond());
    putNumber(node, "generateTokensPerSecond", seed.generateTokensPerSecond());
    return node;
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
