package io.colubrid.runtime.bench;

import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The benchmarks of GPUs, in the order in which they run: activations of BF16, sums of F32. */
final class GpuBenchmarks {
  private static final long LONG = 65_536;

  /** A definition takes some launches a token; more than this is no measurement of anything. */
  private static final long LONGEST_DEFINITION = 8_192;

  private static final LayerOp SSD =
      new LayerOp("mamba2", "head-dim = 64, d-state = 128, chunk = 256", "ssd", 1024);
  private static final LayerOp ATTENTION =
      new LayerOp("attention", "heads = 16", "attention", 2048);

  private GpuBenchmarks() {}

  static List<Benchmark> all() {
    List<Benchmark> all = new ArrayList<>(kernels());
    all.addAll(GpuModels.all());
    return all;
  }

  private static List<Benchmark> kernels() {
    List<Benchmark> all = new ArrayList<>();
    all.addAll(scan(8, 4096));
    all.addAll(scan(1, LONG));
    all.addAll(ssd(8, 4096));
    all.addAll(ssd(1, LONG));
    all.addAll(
        both(
            "conv",
            "causal convolution of 4 + SiLU, B8 L4096 channels 2048",
            List.of(),
            s -> OpSubjects.conv(DType.BF16, 8, 4096, 2048)));
    all.addAll(
        both(
            "attention",
            "causal attention, B8 L4096 H16 P128",
            List.of(ATTENTION.layer()),
            s -> ATTENTION.find(s.registry(), DType.BF16, 8, 4096)));
    return all;
  }

  private static List<Benchmark> scan(long batch, long length) {
    return both(
        "scan" + suffix(batch),
        "selective scan, B%d L%d channels 2048 N16".formatted(batch, length),
        List.of(),
        s -> OpSubjects.scan(DType.BF16, batch, length, 2048));
  }

  private static List<Benchmark> ssd(long batch, long length) {
    return both(
        "ssd" + suffix(batch),
        "scan of Mamba-2, B%d L%d H32 P64 N128".formatted(batch, length),
        List.of(SSD.layer()),
        s -> SSD.find(s.registry(), DType.BF16, batch, length));
  }

  private static String suffix(long batch) {
    return batch == 1 ? "-long" : "";
  }

  private static List<Benchmark> both(
      String name, String what, List<String> layers, Function<Setting, OpSubject> subject) {
    return List.of(
        new Benchmark(
            Suite.KERNELS, name + "-forward", what, layers, s -> open(s, subject.apply(s), false)),
        new Benchmark(
            Suite.KERNELS,
            name + "-training",
            "the same, forward and backward",
            layers,
            s -> open(s, subject.apply(s), true)));
  }

  private static Trial open(Setting setting, OpSubject subject, boolean backward) {
    if (subject.hasKernel(backward)) {
      return new OpTrial(setting.backend(), subject, backward);
    }
    if (subject.length() > LONGEST_DEFINITION) {
      throw new UnsupportedOperationException(
          "%s has no kernel for this device yet, and its definition goes token by token"
              .formatted(subject.op().name()));
    }
    return new OpTrial(setting.backend(), subject.inF32(), backward);
  }
}
