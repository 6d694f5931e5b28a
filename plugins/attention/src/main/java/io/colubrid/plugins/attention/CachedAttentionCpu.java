package io.colubrid.plugins.attention;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link CachedAttention}: a kernel of its own for single tokens, tiles for more. */
record CachedAttentionCpu(AttentionMask mask, double scale) implements CpuBody {

  /** Tokens that are worth a thread when they are only copied. */
  private static final int COPY_GRAIN = 64;

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    AttentionShape shape = CachedAttention.shape(inputs);
    return shape.length() == 1
        ? DecodeCpu.workspace(shape, threads)
        : TiledForwardCpu.workspace(shape, threads);
  }

  @Override
  public void forward(CpuCall call) {
    AttentionShape shape = CachedAttention.shape(call.inputTypes());
    KeyRanges ranges = new KeyRanges(call.workspace());
    for (long row = 0; row < shape.batch(); row++) {
      fill(call, shape, ranges, row);
    }
    MemorySegment keys = call.output(1);
    MemorySegment values = call.output(2);
    call.parallel()
        .forEachRange(
            shape.batch() * shape.length(),
            COPY_GRAIN,
            (from, to) -> {
              for (long token = from; token < to; token++) {
                write(shape, ranges, token, call.input(CachedAttention.KEY), keys);
                write(shape, ranges, token, call.input(CachedAttention.VALUE), values);
              }
            });
    if (shape.length() == 1) {
      new DecodeCpu(call, shape, keys, values, scale, ranges).run();
    } else {
      new TiledForwardCpu(call, shape, keys, values, scale, ranges, null).run();
    }
  }

  private void fill(CpuCall call, AttentionShape shape, KeyRanges ranges, long row) {
    boolean padded = call.hasInput(CachedAttention.POSITIONS);
    long before = call.input(CachedAttention.LENGTHS).getAtIndex(JAVA_INT, row);
    for (long i = 0; i < shape.length(); i++) {
      long token = row * shape.length() + i;
      long position =
          padded ? call.input(CachedAttention.POSITIONS).getAtIndex(JAVA_INT, token) : i;
      if (position < 0) {
        ranges.set(token, 0, 0);
        continue;
      }
      long place = before + position;
      if (before < 0 || place >= shape.keys()) {
        throw new IllegalStateException(
            "sequence %d has %d tokens and would get token %d, but its cache of keys and values has a capacity of %d tokens; give it a larger capacity or a shorter input"
                .formatted(row, before, place + 1, shape.keys()));
      }
      ranges.set(token, mask.from(place), place + 1);
    }
  }

  private static void write(
      AttentionShape shape, KeyRanges ranges, long token, MemorySegment rows, MemorySegment cache) {
    int end = ranges.to(token);
    if (end > 0) {
      long bytes = 4 * shape.keyStride();
      long at = 4 * shape.keyAt(token / shape.length(), end - 1, 0);
      MemorySegment.copy(rows, token * bytes, cache, at, bytes);
    }
  }
}
