package io.colubrid.runtime.bench;

import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The benchmarks of processors, in the order in which they run. */
final class CpuBenchmarks {
  private static final String MAMBA = "mamba";
  private static final String MAMBA2 = "mamba2";
  private static final String ATTENTION = "attention";
  private static final PassTrial.Shape PROMPT = new PassTrial.Shape(1, 512, 0);
  private static final PassTrial.Shape TOKEN = new PassTrial.Shape(1, 1, 32);
  private static final List<String> NONE = List.of();

  private CpuBenchmarks() {}

  static List<Benchmark> all() {
    List<Benchmark> all = new ArrayList<>(kernels());
    all.addAll(models());
    return all;
  }

  private static List<Benchmark> kernels() {
    return List.of(
        gemm(1024, 1024, 1024),
        gemm(512, 3072, 768),
        scan("scan-forward", "selective scan, B1 L2048 channels 1536 N16", false),
        scan("scan-training", "the same, forward and backward", true),
        conv("conv-forward", "causal convolution of 4 + SiLU, B1 L2048 channels 1536", false),
        conv("conv-training", "the same, forward and backward", true),
        attention("attention-512-forward", 1, 512, 12, 64, false),
        attention("attention-512-training", 1, 512, 12, 64, true),
        attention("attention-256-forward", 8, 256, 4, 32, false),
        attention("attention-256-training", 8, 256, 4, 32, true));
  }

  private static List<Benchmark> models() {
    return List.of(
        model(
            "train-mamba",
            "training step, Mamba of 0.5 M, 4 layers, d 128, N16, B8 L256",
            MAMBA,
            s -> new TrainingTrial(s, s.spec("small-mamba.conf"))),
        model(
            "train-mamba2",
            "training step, Mamba-2 of 0.5 M, 4 layers, d 128, N64, chunk 64, B8 L256",
            MAMBA2,
            s -> new TrainingTrial(s, s.spec("small-mamba2.conf"))),
        model(
            "train-transformer",
            "training step, Transformer of 0.43 M, 4 layers, d 128, B8 L256",
            ATTENTION,
            s -> new TrainingTrial(s, s.spec("small-transformer.conf"))),
        model(
            "decode-mamba",
            "the small Mamba, token by token",
            MAMBA,
            s -> new PassTrial(s.backend(), s.model("small-mamba.conf"), TOKEN)),
        model(
            "decode-mamba2",
            "the small Mamba-2, token by token",
            MAMBA2,
            s -> new PassTrial(s.backend(), s.model("small-mamba2.conf"), TOKEN)),
        model(
            "decode-transformer",
            "the small Transformer, token by token, 32 behind it",
            ATTENTION,
            s -> new PassTrial(s.backend(), s.model("small-transformer.conf"), TOKEN)),
        model(
            "mamba-130m-prefill",
            "Mamba-130M, random weights, prompt of 512 tokens, f32",
            MAMBA,
            s -> new PassTrial(s.backend(), s.model("mamba-130m.conf"), PROMPT)),
        model(
            "mamba-130m-decoding",
            "the same, token by token",
            MAMBA,
            s -> new PassTrial(s.backend(), s.model("mamba-130m.conf"), TOKEN)));
  }

  private static Benchmark model(
      String name, String what, String layer, Function<Setting, Trial> open) {
    return new Benchmark(Suite.MODELS, name, what, List.of(layer), open);
  }

  private static Benchmark gemm(int m, int n, int k) {
    String sizes = m == n && n == k ? m + "³" : "%d×%d×%d".formatted(m, k, n);
    String name = m == n && n == k ? "gemm-" + m : "gemm-%dx%dx%d".formatted(m, k, n);
    return new Benchmark(
        Suite.KERNELS,
        name,
        "product in f32, " + sizes,
        NONE,
        s -> new GemmTrial(s.backend(), m, n, k));
  }

  private static Benchmark scan(String name, String what, boolean backward) {
    return new Benchmark(
        Suite.KERNELS,
        name,
        what,
        NONE,
        s -> new OpTrial(s.backend(), OpSubjects.scan(DType.F32, 1, 2048, 1536), backward));
  }

  private static Benchmark conv(String name, String what, boolean backward) {
    return new Benchmark(
        Suite.KERNELS,
        name,
        what,
        NONE,
        s -> new OpTrial(s.backend(), OpSubjects.conv(DType.F32, 1, 2048, 1536), backward));
  }

  private static Benchmark attention(
      String name, int batch, int length, int heads, int features, boolean backward) {
    String what =
        "causal attention %s, B%d L%d H%d P%d"
            .formatted(
                backward ? "forward and backward" : "forward", batch, length, heads, features);
    LayerOp op = new LayerOp(ATTENTION, "heads = " + heads, ATTENTION, (long) heads * features);
    return new Benchmark(
        Suite.KERNELS,
        name,
        what,
        List.of(ATTENTION),
        s -> new OpTrial(s.backend(), op.find(s.registry(), DType.F32, batch, length), backward));
  }
}
