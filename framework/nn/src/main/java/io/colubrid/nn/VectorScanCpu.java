package io.colubrid.nn;

import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The forward loops of a scan on vectors. Each method inlines two exponentials at most. */
final class VectorScanCpu implements ScanKernels {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long V = 4L * LANES;

  @Override
  public int lanes() {
    return LANES;
  }

  static FloatVector load(MemorySegment segment, long at) {
    return FloatVector.fromMemorySegment(FLOATS, segment, at, ORDER);
  }

  static void store(FloatVector vector, MemorySegment segment, long at) {
    vector.intoMemorySegment(segment, at, ORDER);
  }

  static FloatVector broadcast(MemorySegment segment, long at) {
    return FloatVector.broadcast(FLOATS, segment.get(JAVA_FLOAT, at));
  }

  @Override
  public void rates(MemorySegment segment, long at, int vectors) {
    for (int i = 0; i < vectors; i++) {
      long here = at + i * V;
      store(VectorExpCpu.exp(load(segment, here)).mul(-VectorExpCpu.LOG2_E), segment, here);
    }
  }

  @Override
  public void open(ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    for (int i = block; i < block + blocks; i++) {
      if (softplus) {
        openSoftplus(tile, i, (i - block) * V, from, to);
      } else {
        openPlain(tile, i, (i - block) * V, from, to);
      }
      openInput(tile, i, (i - block) * V, from, to);
    }
  }

  private static void openSoftplus(ScanTile tile, int block, long offset, int from, int to) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    MemorySegment raw = tile.rows.delta();
    long out = layout.delta + block * layout.column;
    long row = tile.row + offset;
    long stride = tile.rowStride;
    FloatVector bias = load(scratch, layout.bias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector delta = VectorExpCpu.softplus(load(raw, row + t * stride).add(bias));
      store(delta, scratch, out + t * V);
    }
  }

  private static void openPlain(ScanTile tile, int block, long offset, int from, int to) {
    ScanLayout layout = tile.layout;
    long out = layout.delta + block * layout.column;
    FloatVector bias = load(tile.scratch, layout.bias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector raw = load(tile.rows.delta(), tile.row + offset + t * tile.rowStride);
      store(raw.add(bias), tile.scratch, out + t * V);
    }
  }

  private static void openInput(ScanTile tile, int block, long offset, int from, int to) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    MemorySegment u = tile.rows.u();
    long column = block * layout.column;
    long row = tile.row + offset;
    long stride = tile.rowStride;
    FloatVector skip = load(scratch, layout.skip + block * V);
    for (int t = from; t < to; t++) {
      FloatVector x = load(u, row + t * stride);
      long at = column + t * V;
      store(x.mul(load(scratch, layout.delta + at)), scratch, layout.input + at);
      store(x.mul(skip), scratch, layout.y + at);
    }
  }

  @Override
  public void advance(ScanTile tile, int block, int state, int count, int from, int to) {
    ScanLayout layout = tile.layout;
    long column = block * layout.column;
    long states = layout.perState(0, block, state);
    long y = layout.y + column;
    decays(tile, block, state, count, from, to);
    long weights = tile.weights + 4L * state;
    if (count == 2) {
      advanceTwo(tile, layout.input + column, y, layout.state + states, weights, from, to);
    } else {
      advanceOne(tile, layout.input + column, y, layout.state + states, weights, from, to);
    }
  }

  /** Fills a column a state with exp(Δ·A). */
  private static void decays(ScanTile tile, int block, int state, int count, int from, int to) {
    ScanLayout layout = tile.layout;
    for (int i = 0; i < count; i++) {
      decays(
          tile.scratch,
          layout.delta + block * layout.column,
          load(tile.scratch, layout.perState(layout.rate, block, state + i)),
          layout.decay + i * layout.column,
          from,
          to);
    }
  }

  private static void decays(
      MemorySegment scratch, long delta, FloatVector rate, long decay, int from, int to) {
    for (int t = from; t < to; t++) {
      store(VectorExpCpu.exp2(load(scratch, delta + t * V), rate), scratch, decay + t * V);
    }
  }

  private static void advanceTwo(
      ScanTile tile, long input, long y, long state, long weights, int from, int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long stride = tile.weightStride();
    long decay = tile.layout.decay;
    long column = tile.layout.column;
    FloatVector h0 = load(scratch, state);
    FloatVector h1 = load(scratch, state + V);
    for (int t = from; t < to; t++) {
      long at = t * V;
      long w = weights + t * stride;
      FloatVector x = load(scratch, input + at);
      h0 = load(scratch, decay + at).fma(h0, x.mul(broadcast(b, w)));
      h1 = load(scratch, decay + column + at).fma(h1, x.mul(broadcast(b, w + 4)));
      FloatVector sum = h0.fma(broadcast(c, w), load(scratch, y + at));
      store(h1.fma(broadcast(c, w + 4), sum), scratch, y + at);
    }
    store(h0, scratch, state);
    store(h1, scratch, state + V);
  }

  private static void advanceOne(
      ScanTile tile, long input, long y, long state, long weights, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long stride = tile.weightStride();
    FloatVector h = load(scratch, state);
    for (int t = from; t < to; t++) {
      long at = t * V;
      long w = weights + t * stride;
      FloatVector x = load(scratch, input + at).mul(broadcast(tile.b, w));
      h = load(scratch, tile.layout.decay + at).fma(h, x);
      store(h.fma(broadcast(tile.c, w), load(scratch, y + at)), scratch, y + at);
    }
    store(h, scratch, state);
  }

  @Override
  public void close(ScanTile tile, int block, int blocks, int from, int to) {
    MemorySegment gate = tile.rows.gate();
    MemorySegment out = Objects.requireNonNull(tile.rows.out());
    for (int i = block; i < block + blocks; i++) {
      if (gate == null) {
        closePlain(tile, out, i, (i - block) * V, from, to);
      } else {
        closeGated(tile, gate, out, i, (i - block) * V, from, to);
      }
    }
  }

  private static void closePlain(
      ScanTile tile, MemorySegment out, int block, long offset, int from, int to) {
    long y = tile.layout.y + block * tile.layout.column;
    for (int t = from; t < to; t++) {
      long row = tile.row + offset + t * tile.rowStride;
      store(load(tile.scratch, y + t * V), out, row);
    }
  }

  private static void closeGated(
      ScanTile tile,
      MemorySegment gate,
      MemorySegment out,
      int block,
      long offset,
      int from,
      int to) {
    MemorySegment scratch = tile.scratch;
    long y = tile.layout.y + block * tile.layout.column;
    long first = tile.row + offset;
    long stride = tile.rowStride;
    for (int t = from; t < to; t++) {
      long row = first + t * stride;
      FloatVector z = load(gate, row);
      FloatVector gated = load(scratch, y + t * V).mul(z);
      store(gated.mul(VectorExpCpu.sigmoid(z)), out, row);
    }
  }

  @Override
  public void step(
      ScanTile tile,
      int block,
      int lane,
      long rates,
      MemorySegment state,
      long stateAt,
      int from,
      int to) {
    ScanLayout layout = tile.layout;
    long column = block * layout.column + 4L * lane;
    for (int n = 0; n < layout.states; n += LANES) {
      VectorMask<Float> mask = FLOATS.indexInRange(n, layout.states);
      FloatVector rate = masked(tile.scratch, rates + 4L * n, mask);
      FloatVector h = masked(state, stateAt + 4L * n, mask);
      for (int t = from; t < to; t++) {
        h = stepStates(tile, column + t * V, t, n, h, rate, mask);
      }
      h.intoMemorySegment(state, stateAt + 4L * n, ORDER, mask);
    }
  }

  private static FloatVector stepStates(
      ScanTile tile,
      long at,
      int t,
      int n,
      FloatVector before,
      FloatVector rate,
      VectorMask<Float> mask) {
    MemorySegment scratch = tile.scratch;
    long w = tile.weights + t * tile.weightStride() + 4L * n;
    FloatVector decay = VectorExpCpu.exp2(broadcast(scratch, tile.layout.delta + at), rate);
    FloatVector input = broadcast(scratch, tile.layout.input + at);
    FloatVector h = decay.fma(before, input.mul(masked(tile.b, w, mask)));
    float sum = VectorExpCpu.sum(h.mul(masked(tile.c, w, mask)));
    float y = scratch.get(JAVA_FLOAT, tile.layout.y + at);
    scratch.set(JAVA_FLOAT, tile.layout.y + at, y + sum);
    return h;
  }

  private static FloatVector masked(MemorySegment segment, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, segment, at, ORDER, mask);
  }

  @Override
  public void openBackward(ScanTile tile, int block, int blocks, int from, int to) {
    VectorScanBackwardCpu.open(tile, block, blocks, from, to);
  }

  @Override
  public void retrace(
      ScanTile tile, int block, int state, int count, int from, int to, long trail) {
    decays(tile, block, state, count, from, to);
    VectorScanBackwardCpu.retrace(tile, block, state, count, from, to, trail);
  }

  @Override
  public void retreat(
      ScanTile tile, int block, int state, int index, int from, int to, long trail) {
    VectorScanBackwardCpu.retreat(tile, block, state, index, from, to, trail);
  }

  @Override
  public void sums(
      MemorySegment scratch, long at, int count, MemorySegment out, long outAt, long stride) {
    for (int i = 0; i < count; i++) {
      float sum = VectorExpCpu.sum(load(scratch, at + i * V));
      out.set(JAVA_FLOAT, outAt + i * stride, sum);
    }
  }

  @Override
  public void closeBackward(
      ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    VectorScanBackwardCpu.close(tile, softplus, block, blocks, from, to);
  }
}
