package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.config.NearMatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The formats of others that can be read, chosen by {@code model_type} in config.json, or by the
 * keys of one that has none.
 */
public final class CheckpointFormats {
  /** What describes the model in a checkpoint's folder. */
  public static final String CONFIG = "config.json";

  private static final List<CheckpointFormat> ALL =
      List.of(
          new HuggingFaceMamba(),
          new HuggingFaceMamba2(),
          new MambaSsm(),
          new HuggingFaceLlama(),
          new HuggingFaceMixtral(),
          new HuggingFaceJamba(),
          new VimFormat(),
          new VMambaFormat());

  private CheckpointFormats() {}

  /** The model types that can be read. */
  public static SortedSet<String> modelTypes() {
    SortedSet<String> types = new TreeSet<>();
    ALL.forEach(format -> types.addAll(format.modelTypes()));
    return types;
  }

  /**
   * Reads the config.json of a checkpoint's folder.
   *
   * @throws ForeignConfigException if it is of an unknown type, or says what cannot be taken over
   * @throws IOException if there is none, or it is not JSON
   */
  public static ForeignModel read(Path folder) throws IOException {
    ForeignConfig config = ForeignConfig.read(folder.resolve(CONFIG));
    String type = type(config);
    for (CheckpointFormat format : ALL) {
      if (format.modelTypes().contains(type)) {
        ForeignModel model = format.read(config);
        config.finish();
        return model;
      }
    }
    if (!type.isEmpty()) {
      config.problem(
          "model_type", "no format reads '" + type + "'" + NearMatch.hint(type, modelTypes()));
    }
    throw config.failure();
  }

  private static String type(ForeignConfig config) {
    if (!config.has("model_type")) {
      for (CheckpointFormat format : ALL) {
        String type = format.recognise(config);
        if (type != null) {
          return type;
        }
      }
    }
    return config.text("model_type");
  }
}
