package io.colubrid.plugins.attention;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Launches of the kernels that compute in F32 arithmetic: for F32, and for head widths in BF16 that
 * tensor cores do not take.
 */
record PlainAttentionCuda(AttentionShape shape, DType stream, AttentionMask mask, double scale) {
  static final String FATBIN = "attention_plain";
  static final int MOST_WIDTH = 256;

  private static final int ROWS = 32;
  private static final int THREADS = 256;
  private static final int WEIGHTS_BYTES = 4 * ROWS * (ROWS + 1);

  void forward(CudaCall call, long logs, long documents) {
    call.launch(
        FATBIN,
        name("forward", suffix(stream)),
        grid(shape.length(), shape.heads()),
        THREADS,
        2 * tileBytes() + WEIGHTS_BYTES,
        call.input(ScaledDotProduct.QUERY),
        call.input(ScaledDotProduct.KEY),
        call.input(ScaledDotProduct.VALUE),
        call.output(0),
        logs,
        documents,
        Math.toIntExact(shape.length()),
        mask.causal() ? 1 : 0,
        window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        (float) scale);
  }

  /** Attention to caches that hold the new tokens already. */
  void cached(CudaCall call, DType cache) {
    call.launch(
        FATBIN,
        name("cached", suffix(stream) + "_" + suffix(cache)),
        grid(shape.length(), shape.heads()),
        THREADS,
        2 * tileBytes() + WEIGHTS_BYTES,
        call.input(CachedAttention.QUERY),
        call.output(1),
        call.output(2),
        call.output(0),
        call.input(CachedAttention.LENGTHS),
        call.input(CachedAttention.POSITIONS),
        Math.toIntExact(shape.length()),
        Math.toIntExact(shape.keys()),
        window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        (float) scale);
  }

  /** Whether {@link #backward} finds each row's delta itself, and puts it where it is given. */
  boolean findsDelta() {
    return stream == DType.BF16;
  }

  void backward(CudaCall call, long delta, long documents) {
    if (findsDelta() || call.wantsGradient(ScaledDotProduct.QUERY)) {
      long ofQueries = call.inputGradient(ScaledDotProduct.QUERY);
      launch(call, "queries", shape.heads(), 1, delta, documents, ofQueries);
    }
    long ofKeys = call.inputGradient(ScaledDotProduct.KEY);
    long ofValues = call.inputGradient(ScaledDotProduct.VALUE);
    if (ofKeys != 0 || ofValues != 0) {
      launch(call, "keys", shape.kvHeads(), 2, delta, documents, ofKeys, ofValues);
    }
  }

  private void launch(
      CudaCall call,
      String of,
      long heads,
      int weights,
      long delta,
      long documents,
      long... gradients) {
    List<Object> arguments = new ArrayList<>();
    arguments.add(call.input(ScaledDotProduct.QUERY));
    arguments.add(call.input(ScaledDotProduct.KEY));
    arguments.add(call.input(ScaledDotProduct.VALUE));
    arguments.add(call.outputGradient(0));
    arguments.add(call.saved(0));
    arguments.add(delta);
    arguments.add(documents);
    for (long gradient : gradients) {
      arguments.add(gradient);
    }
    arguments.add(Math.toIntExact(shape.length()));
    arguments.add(mask.causal() ? 1 : 0);
    arguments.add(window(mask));
    arguments.add(Math.toIntExact(shape.heads()));
    arguments.add(Math.toIntExact(shape.group()));
    arguments.add(Math.toIntExact(shape.headDim()));
    arguments.add((float) scale);
    call.launch(
        FATBIN,
        name("backward_" + of, suffix(stream)),
        grid(shape.length(), heads),
        THREADS,
        4 * tileBytes() + weights * WEIGHTS_BYTES,
        arguments.toArray());
  }

  private String name(String pass, String types) {
    return "attention_plain_%s_%s_%d".formatted(pass, types, width());
  }

  /** Features that a tile has room for. */
  private int width() {
    if (stream == DType.BF16 || shape.headDim() > 128) {
      return MOST_WIDTH;
    }
    return shape.headDim() > 64 ? 128 : 64;
  }

  private int tileBytes() {
    return 4 * ROWS * (width() + 4);
  }

  private CudaCall.Grid grid(long rows, long heads) {
    return new CudaCall.Grid(Math.ceilDiv(rows, (long) ROWS), heads, shape.batch());
  }

  static int window(AttentionMask mask) {
    return (int) Math.min(mask.window(), Integer.MAX_VALUE);
  }

  static String suffix(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }
}
