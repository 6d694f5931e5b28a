package io.colubrid.runtime.bench;

import java.util.List;

/** All benchmarks, in the order in which they run. */
final class Benchmarks {
  private static final String MAMBA = "mamba";
  private static final String MAMBA2 = "mamba2";
  private static final String ATTENTION = "attention";
  private static final List<String> NONE = List.of();

  private Benchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        gemm(1024, 1024, 1024),
        gemm(512, 3072, 768),
        new Benchmark(
            "scan-forward",
            "selective scan, B1 L2048 channels 1536 N16",
            NONE,
            s -> OperationTrials.scan(s.backend(), false)),
        new Benchmark(
            "scan-training",
            "the same, forward and backward",
            NONE,
            s -> OperationTrials.scan(s.backend(), true)),
        new Benchmark(
            "conv-forward",
            "causal convolution of 4 + SiLU, B1 L2048 channels 1536",
            NONE,
            s -> OperationTrials.conv(s.backend(), false)),
        new Benchmark(
            "conv-training",
            "the same, forward and backward",
            NONE,
            s -> OperationTrials.conv(s.backend(), true)),
        attention("attention-512-forward", 1, 512, 12, 64, false),
        attention("attention-512-backward", 1, 512, 12, 64, true),
        attention("attention-256-forward", 8, 256, 4, 32, false),
        attention("attention-256-backward", 8, 256, 4, 32, true),
        new Benchmark(
            "train-mamba",
            "training step, Mamba of 0.5 M, 4 layers, d 128, N16, B8 L256",
            List.of(MAMBA),
            s -> new TrainingTrial(s, "small-mamba.conf")),
        new Benchmark(
            "train-mamba2",
            "training step, Mamba-2 of 0.5 M, 4 layers, d 128, N64, chunk 64, B8 L256",
            List.of(MAMBA2),
            s -> new TrainingTrial(s, "small-mamba2.conf")),
        new Benchmark(
            "train-transformer",
            "training step, Transformer of 0.43 M, 4 layers, d 128, B8 L256",
            List.of(ATTENTION),
            s -> new TrainingTrial(s, "small-transformer.conf")),
        new Benchmark(
            "decode-mamba",
            "the small Mamba, token by token",
            List.of(MAMBA),
            s -> new ReadingTrial(s, "small-mamba.conf", 1, 64)),
        new Benchmark(
            "decode-mamba2",
            "the small Mamba-2, token by token",
            List.of(MAMBA2),
            s -> new ReadingTrial(s, "small-mamba2.conf", 1, 64)),
        new Benchmark(
            "decode-transformer",
            "the small Transformer, token by token, the first 64",
            List.of(ATTENTION),
            s -> new ReadingTrial(s, "small-transformer.conf", 1, 64)),
        new Benchmark(
            "mamba-130m-prefill",
            "Mamba-130M, random weights, prompt of 512 tokens, f32",
            List.of(MAMBA),
            s -> new ReadingTrial(s, "mamba-130m.conf", 512, 1)),
        new Benchmark(
            "mamba-130m-decoding",
            "the same, token by token",
            List.of(MAMBA),
            s -> new ReadingTrial(s, "mamba-130m.conf", 1, 8)));
  }

  private static Benchmark gemm(int m, int n, int k) {
    String sizes = m == n && n == k ? m + "³" : "%d×%d×%d".formatted(m, k, n);
    String name = m == n && n == k ? "gemm-" + m : "gemm-%dx%dx%d".formatted(m, k, n);
    return new Benchmark(
        name, "product in f32, " + sizes, NONE, s -> new GemmTrial(s.backend(), m, n, k));
  }

  private static Benchmark attention(
      String name, int batch, int length, int heads, int features, boolean backward) {
    String what =
        "causal attention %s, B%d L%d H%d P%d"
            .formatted(backward ? "backward" : "forward", batch, length, heads, features);
    return new Benchmark(
        name,
        what,
        List.of(ATTENTION),
        s -> new AttentionTrial(s, batch, length, heads, features, backward));
  }
}
