package io.colubrid.plugins.attention;

import io.colubrid.engine.backend.Executable;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Recorder.Bodies;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** Times attention on the engine; run by hand, on a machine that does nothing else. */
final class AttentionBenchmark {
  private static final int RUNS = 40;

  private static final int THREADS = WorkerPool.defaultThreads();

  private AttentionBenchmark() {}

  /** With the names of some parts, runs these alone. */
  public static void main(String[] args) {
    List<String> parts = args.length == 0 ? List.of("op", "decoding", "layer") : List.of(args);
    if (parts.contains("op")) {
      training(8, 256, 4, 32, 4);
      training(1, 512, 12, 64, 12);
      training(1, 2048, 8, 64, 2);
    }
    if (parts.contains("decoding")) {
      decoding(1, 512, 12, 64, 12);
      decoding(8, 512, 12, 64, 4);
    }
    if (parts.contains("layer")) {
      layer(8, 256, 128, 4);
    }
  }

  private static void training(int batch, int length, int heads, int headDim, int kvHeads) {
    String name = "B%d L%d H%d P%d K%d".formatted(batch, length, heads, headDim, kvHeads);
    Shape queries = Shape.of(batch, length, heads, headDim);
    Shape keys = Shape.of(batch, length, kvHeads, headDim);
    float[] gradient = normal(queries);
    for (boolean backward : new boolean[] {false, true}) {
      try (var run = new EngineRun(THREADS, DType.F32, Bodies.FAST, backward)) {
        Value q = run.input(queries, normal(queries));
        Value k = run.input(keys, normal(keys));
        Value v = run.input(keys, normal(keys));
        Tensor out =
            ScaledDotProduct.of(AttentionMask.CAUSAL, headDim).apply(run.ops(), q, k, v, null);
        try (Executable executable = run.prepare(out, backward ? gradient : null)) {
          report(name + (backward ? " forward and backward" : " forward"), executable);
        }
      }
    }
  }

  private static void decoding(int batch, int context, int heads, int headDim, int kvHeads) {
    Shape query = Shape.of(batch, 1, heads, headDim);
    Shape key = Shape.of(batch, 1, kvHeads, headDim);
    Shape cache = Shape.of(batch, context, kvHeads, headDim);
    int[] lengths = new int[batch];
    Arrays.fill(lengths, context - 1);
    try (var run = new EngineRun(THREADS, DType.F32, Bodies.FAST, false)) {
      Tensor out =
          CachedAttention.of(AttentionMask.CAUSAL, headDim)
              .apply(
                  run.ops(),
                  run.input(query, normal(query)),
                  run.input(key, normal(key)),
                  run.input(key, normal(key)),
                  run.input(cache, normal(cache)),
                  run.input(cache, normal(cache)),
                  run.ints(Shape.of(batch), lengths),
                  null)
              .out();
      try (Executable executable = run.prepare(out, null)) {
        report(
            "decoding B%d context %d H%d P%d K%d"
                .formatted(batch, context, heads, headDim, kvHeads),
            executable);
      }
    }
  }

  private static void layer(int batch, int length, int width, int heads) {
    var rotary = new RotaryConfig(10000, RotaryConfig.Scaling.NONE, 1, 1, 4, 8192);
    var config =
        new AttentionConfig(
            heads,
            OptionalLong.empty(),
            OptionalLong.empty(),
            true,
            OptionalLong.empty(),
            AttentionConfig.Positions.ROTARY,
            rotary,
            false,
            1e-6,
            false,
            false,
            0);
    Shape shape = Shape.of(batch, length, width);
    try (var run = new EngineRun(THREADS, DType.F32, Bodies.FAST, true)) {
      Tensor out = new LayerRun(width, config).record(run, shape, normal(shape));
      try (Executable executable = run.prepare(out, normal(shape))) {
        report("layer B%d L%d d%d H%d".formatted(batch, length, width, heads), executable);
        operations(executable);
      }
    }
  }

  private static void report(String name, Executable executable) {
    double[] times = new double[RUNS];
    for (int i = 0; i < 2 * RUNS; i++) {
      long start = now();
      executable.run();
      times[i % RUNS] = (now() - start) / 1e6;
    }
    Arrays.sort(times);
    System.out.printf("%s: median %.3f ms, best %.3f ms%n", name, times[RUNS / 2], times[0]);
  }

  /** Where the time of a program goes. */
  private static void operations(Executable executable) {
    var clock = new Clock();
    for (int i = 0; i < RUNS; i++) {
      executable.run(clock);
    }
    clock.nanos.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .forEach(
            e -> System.out.printf("  %-40s %.3f ms%n", e.getKey(), e.getValue() / 1e6 / RUNS));
  }

  private static final class Clock implements Executable.Observer {
    private final Map<String, Long> nanos = new HashMap<>();
    private long start;

    @Override
    public void before(Node node, Executable executable) {
      start = now();
    }

    @Override
    public void after(Node node, Executable executable) {
      String name = node.phase() + " " + node.operation().name();
      nanos.merge(name, now() - start, Long::sum);
    }
  }

  /** With one thread the time it worked, which other processes disturb less. */
  private static long now() {
    return THREADS == 1
        ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
        : System.nanoTime();
  }

  private static float[] normal(Shape shape) {
    return Normal.floats(new SplittableRandom(1), shape.elements());
  }
}
