package io.colubrid.runtime.report;

import io.colubrid.runtime.data.TextConfig;
import io.colubrid.runtime.run.RunRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.LongStream;

/** Reports as a short comparison of three byte-level models would give them. */
final class SampleReports {
  private static final int TOKENS_A_STEP = 2048;

  private SampleReports() {}

  static ComparisonReport of(int seeds, int steps) {
    return of(
        List.of(
            model("mamba", 1_234_944, 2.47e6, 147_456, 8_190, seeds, steps, 2.31),
            model("attention", 1_226_240, 2.76e6, 1_048_576, 10_420, seeds, steps, 2.45),
            model("one attention in four", 1_240_320, 2.53e6, 372_736, 8_655, seeds, steps, 2.28)));
  }

  static ComparisonReport of(List<ModelResult> models) {
    return new ComparisonReport(
        "Mamba, attention, and one attention in four",
        Instant.parse("2026-11-23T10:15:00Z"),
        "Bytes of Europarl, 21 languages: 18.9 MB to train on, 1.0 MB held out by document.",
        TextConfig.europarl().task(),
        1024,
        models,
        new RunRecord(
            "0.1.0",
            "unknown",
            Map.of("mamba", "0.1.0", "attention", "0.1.0"),
            "25.0.3+9-LTS, Eclipse Adoptium",
            "Linux 6.1.0 amd64",
            "AMD EPYC 9R14",
            2,
            2,
            512,
            "OpenBLAS 0.3.31",
            "cpu",
            "cpu"),
        List.of("Speeds were taken while nothing else ran.", "Held-out text is 0.25 MB of it."));
  }

  static ModelResult model(
      String name,
      long parameters,
      double flops,
      long stateBytes,
      double speed,
      int seeds,
      int steps,
      double floor) {
    List<SeedResult> results =
        LongStream.rangeClosed(1, seeds)
            .mapToObj(seed -> seed(name, seed, flops, speed, steps, floor))
            .toList();
    String config =
        """
        include "quickstart-base.conf"

        model {
          d-model = 128
          blocks { m { mixer { type = %s } } }
          layers = [ { repeat = 8, of = [ m ] } ]
        }
        """
            .formatted(name);
    return new ModelResult(name, parameters, flops, stateBytes, config, results);
  }

  private static SeedResult seed(
      String name, long seed, double flops, double speed, int steps, double floor) {
    Random random = new Random(31 * name.hashCode() + seed);
    double end = floor + 0.02 * random.nextGaussian();
    List<LossPoint> losses = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      long tokens = (long) step * TOKENS_A_STEP;
      double loss = end + 5.7 * Math.pow(1 + step / 4.0, -0.75) + 0.04 * random.nextGaussian();
      losses.add(new LossPoint(tokens, 3 * flops * tokens, tokens / speed, loss));
    }
    return new SeedResult(
        seed,
        end + 0.05,
        new LinkedHashMap<>(),
        layers(name, random),
        speed + 40 * random.nextGaussian(),
        speed / 9,
        losses);
  }

  /** One of the models has routers. */
  private static SequencedMap<String, Double> layers(String name, Random random) {
    SequencedMap<String, Double> layers = new LinkedHashMap<>();
    for (int layer = 1; layer < 8 && name.startsWith("one"); layer += 2) {
      String path = "layers." + layer + ".channel.";
      layers.put(path + "balance-loss", 0.01 + 0.002 * random.nextDouble());
      for (int expert = 0; expert < 4; expert++) {
        layers.put(path + "load." + expert, 0.25 + 0.02 * random.nextGaussian());
      }
    }
    return layers;
  }
}
