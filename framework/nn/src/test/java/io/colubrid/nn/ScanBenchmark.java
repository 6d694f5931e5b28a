package io.colubrid.nn;

import io.colubrid.spi.tensor.TensorType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Run by hand: prints the milliseconds of the scan and the convolution on all cores. */
final class ScanBenchmark {
  private ScanBenchmark() {}

  public static void main(String[] arguments) {
    try (Threads threads = new Threads(Runtime.getRuntime().availableProcessors())) {
      scan(threads, 1, 2048, 1536, 16);
      scan(threads, 8, 256, 256, 16);
      scan(threads, 1, 1, 1536, 16);
      conv(threads, 1, 2048, 1536);
      conv(threads, 8, 256, 256);
      conv(threads, 1, 1, 1536);
    }
  }

  static List<@Nullable TensorType> types(int b, int l, int d, int n, boolean state) {
    TensorType stream = TensorType.f32(b, l, d);
    TensorType weights = TensorType.f32(b, l, n);
    TensorType channels = TensorType.f32(d);
    return Arrays.asList(
        stream,
        stream,
        TensorType.f32(d, n),
        weights,
        weights,
        channels,
        stream,
        channels,
        state ? TensorType.f32(b, d, n) : null,
        null);
  }

  private static void scan(Threads threads, int b, int l, int d, int n) {
    SelectiveScan op = new SelectiveScan(true);
    boolean decoding = l == 1;
    FakeCall infer = new FakeCall(op, op.cpuBody(), types(b, l, d, n, decoding), threads, false);
    FakeCall train = new FakeCall(op, op.cpuBody(), types(b, l, d, n, false), threads, true);
    for (FakeCall call : List.of(infer, train)) {
      for (int i = 0; i < (decoding && call == infer ? 9 : 8); i++) {
        FakeCall.fill(call.input(i), i, 1);
      }
      FakeCall.fill(call.outputGradient(0), 9, 1);
    }
    String name = "scan B%d L%d D%d N%d ".formatted(b, l, d, n);
    time(name + "forward", infer::forward);
    time(name + "forward, saving", train::forward);
    train.forward().backward();
    time(name + "backward", train::backwardAgain);
  }

  private static void conv(Threads threads, int b, int l, int d) {
    CausalConv1d op = new CausalConv1d(true);
    List<@Nullable TensorType> types =
        Arrays.asList(
            TensorType.f32(b, l, d),
            TensorType.f32(d, 1, 4),
            TensorType.f32(d),
            l == 1 ? TensorType.f32(b, 3, d) : null,
            null);
    FakeCall call = new FakeCall(op, op.cpuBody(), types, threads, true);
    for (int i = 0; i < (l == 1 ? 4 : 3); i++) {
      FakeCall.fill(call.input(i), i, 1);
    }
    FakeCall.fill(call.outputGradient(0), 9, 1);
    String name = "conv B%d L%d D%d ".formatted(b, l, d);
    time(name + "forward", call::forward);
    call.forward().backward();
    time(name + "backward", call::backwardAgain);
  }

  /**
   * Prints the time on the clock, and that of the processor in one thread: neighbours spoil the
   * first.
   */
  private static void time(String name, Runnable work) {
    long until = System.nanoTime() + 1_500_000_000L;
    while (System.nanoTime() < until) {
      work.run();
    }
    double[] clock = new double[41];
    double[] processor = new double[41];
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (int i = 0; i < clock.length; i++) {
      long start = System.nanoTime();
      long busy = threads.getCurrentThreadCpuTime();
      work.run();
      clock[i] = (System.nanoTime() - start) / 1e6;
      processor[i] = (threads.getCurrentThreadCpuTime() - busy) / 1e6;
    }
    Arrays.sort(clock);
    Arrays.sort(processor);
    System.out.printf(
        "%-40s %8.3f ms (10%% %.3f, 90%% %.3f), caller's processor %.3f (10%% %.3f)%n",
        name, clock[20], clock[4], clock[36], processor[20], processor[4]);
  }
}
