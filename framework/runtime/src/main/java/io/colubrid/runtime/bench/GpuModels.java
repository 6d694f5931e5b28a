package io.colubrid.runtime.bench;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Whole models on a GPU with random weights: products of BF16, sums of F32, and states of F32 where
 * a row does not say otherwise.
 */
final class GpuModels {
  private static final String PRECISION = "model.precision = bf16";
  private static final String ROUNDED_STATES = "model.state = bf16";
  private static final String TRAINING = "train { batch = 8, length = 2048 }, data.packing = dense";

  private static final Subject MAMBA = new Subject("mamba-130m", "Mamba-130M", List.of("mamba"));
  private static final Subject MAMBA2 =
      new Subject("mamba2-130m", "Mamba-2-130M", List.of("mamba2"));
  private static final Subject LLAMA =
      new Subject("llama-124m", "Llama of 12 layers, d 768", List.of("attention"));
  private static final Subject JAMBA =
      new Subject(
          "jamba-473m",
          "Jamba of 16 layers, d 768, 8 experts",
          List.of("mamba", "attention", "moe"));

  private GpuModels() {}

  static List<Benchmark> all() {
    return List.of(
        training(MAMBA),
        training(MAMBA2),
        training(LLAMA),
        decoding(MAMBA, "decoding", 1, 0),
        decoding(MAMBA, "decoding-b64", 64, 0, ROUNDED_STATES),
        decoding(MAMBA, "decoding-b64-f32", 64, 0),
        prefill(MAMBA, "prefill", 1, 2048),
        prefill(MAMBA, "prefill-b16", 16, 2048),
        prefill(MAMBA, "prefill-long", 1, 32_768),
        decoding(MAMBA2, "decoding", 1, 0),
        decoding(MAMBA2, "decoding-b64", 64, 0, ROUNDED_STATES),
        decoding(MAMBA2, "decoding-b64-f32", 64, 0),
        prefill(MAMBA2, "prefill", 1, 2048),
        prefill(MAMBA2, "prefill-b16", 16, 2048),
        prefill(LLAMA, "prefill", 1, 2048),
        prefill(LLAMA, "prefill-long", 1, 32_768),
        prefill(JAMBA, "prefill", 1, 512),
        decoding(JAMBA, "decoding", 1, 512));
  }

  private record Subject(String name, String what, List<String> layers) {
    String resource() {
      return name + ".conf";
    }

    Benchmark benchmark(String kind, String does, Function<Setting, Trial> open) {
      return new Benchmark(Suite.MODELS, name + "-" + kind, what + ", " + does, layers, open);
    }
  }

  private static Benchmark decoding(
      Subject subject, String kind, int batch, int behind, String... changes) {
    PassTrial.Shape shape = new PassTrial.Shape(batch, 1, behind);
    String states = List.of(changes).contains(ROUNDED_STATES) ? ", states of BF16" : "";
    String does = "a token of %d sequences%s".formatted(batch, states);
    String[] all = Stream.concat(Stream.of(PRECISION), Stream.of(changes)).toArray(String[]::new);
    return subject.benchmark(
        kind, does, s -> new PassTrial(s.backend(), s.model(subject.resource(), all), shape));
  }

  private static Benchmark prefill(Subject subject, String kind, int batch, int length) {
    PassTrial.Shape shape = new PassTrial.Shape(batch, length, 0);
    String does = "reading a prompt, B%d L%d".formatted(batch, length);
    return subject.benchmark(
        kind, does, s -> new PassTrial(s.backend(), s.model(subject.resource(), PRECISION), shape));
  }

  private static Benchmark training(Subject subject) {
    return subject.benchmark(
        "training",
        "training step, B8 L2048, clipping and AdamW",
        s -> new TrainingTrial(s, s.spec(subject.resource(), PRECISION, TRAINING)));
  }
}
