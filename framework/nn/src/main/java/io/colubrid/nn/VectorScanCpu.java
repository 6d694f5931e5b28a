package io.colubrid.nn;

import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The loops of a scan on vectors. They are small and hold one exponential or two: what the compiler
 * does not inline whole it boxes, at many times the cost. Offsets of vectors in a record are
 * constants for the same reason that there is one record: addresses then need few registers.
 */
final class VectorScanCpu implements ScanKernels {
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long V = 4L * LANES;
  private static final long DELTA = ScanLayout.DELTA * V;
  private static final long INPUT = ScanLayout.INPUT * V;
  private static final long Y = ScanLayout.Y * V;

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
      long row = tile.row + (i - block) * V;
      if (softplus) {
        openSoftplus(tile, i, row, from, to);
      } else {
        openPlain(tile, i, row, from, to);
      }
      openInput(tile, i, row, from, to);
    }
  }

  private static void openSoftplus(ScanTile tile, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment raw = tile.rows.delta();
    long record = tile.layout.steps(block) + DELTA;
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    FloatVector bias = load(scratch, tile.layout.bias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector delta = VectorExpCpu.softplus(load(raw, row + t * stride).add(bias));
      store(delta, scratch, record + t * apart);
    }
  }

  private static void openPlain(ScanTile tile, int block, long row, int from, int to) {
    ScanLayout layout = tile.layout;
    long record = layout.steps(block) + DELTA;
    FloatVector bias = load(tile.scratch, layout.bias + block * V);
    for (int t = from; t < to; t++) {
      FloatVector raw = load(tile.rows.delta(), row + t * tile.rowStride);
      store(raw.add(bias), tile.scratch, record + t * layout.stepBytes);
    }
  }

  private static void openInput(ScanTile tile, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    MemorySegment u = tile.rows.u();
    long record = tile.layout.steps(block);
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    FloatVector skip = load(scratch, tile.layout.skip + block * V);
    for (int t = from; t < to; t++) {
      FloatVector x = load(u, row + t * stride);
      long at = record + t * apart;
      store(x.mul(load(scratch, at + DELTA)), scratch, at + INPUT);
      store(x.mul(skip), scratch, at + Y);
    }
  }

  @Override
  public void advance(ScanTile tile, int block, int state, int from, int to) {
    ScanLayout layout = tile.layout;
    MemorySegment scratch = tile.scratch;
    MemorySegment b = tile.b;
    MemorySegment c = tile.c;
    long record = layout.steps(block);
    long apart = layout.stepBytes;
    long stride = tile.weightStride();
    long weights = tile.weights + 4L * state;
    long stateAt = layout.perState(layout.state, block, state);
    FloatVector rate = load(scratch, layout.perState(layout.rate, block, state));
    FloatVector h = load(scratch, stateAt);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      long w = weights + t * stride;
      FloatVector x = load(scratch, at + INPUT).mul(broadcast(b, w));
      h = VectorExpCpu.exp2(load(scratch, at + DELTA), rate).fma(h, x);
      store(h.fma(broadcast(c, w), load(scratch, at + Y)), scratch, at + Y);
    }
    store(h, scratch, stateAt);
  }

  @Override
  public void close(ScanTile tile, int block, int blocks, int from, int to) {
    MemorySegment gate = tile.rows.gate();
    MemorySegment out = Objects.requireNonNull(tile.rows.out());
    for (int i = block; i < block + blocks; i++) {
      long row = tile.row + (i - block) * V;
      if (gate == null) {
        closePlain(tile, out, i, row, from, to);
      } else {
        closeGated(tile, gate, out, i, row, from, to);
      }
    }
  }

  private static void closePlain(
      ScanTile tile, MemorySegment out, int block, long row, int from, int to) {
    long y = tile.layout.steps(block) + Y;
    for (int t = from; t < to; t++) {
      store(load(tile.scratch, y + t * tile.layout.stepBytes), out, row + t * tile.rowStride);
    }
  }

  private static void closeGated(
      ScanTile tile, MemorySegment gate, MemorySegment out, int block, long row, int from, int to) {
    MemorySegment scratch = tile.scratch;
    long y = tile.layout.steps(block) + Y;
    long apart = tile.layout.stepBytes;
    long stride = tile.rowStride;
    for (int t = from; t < to; t++) {
      long at = row + t * stride;
      FloatVector z = load(gate, at);
      FloatVector gated = load(scratch, y + t * apart).mul(z);
      store(gated.mul(VectorExpCpu.sigmoid(z)), out, at);
    }
  }

  @Override
  public void step(
      ScanTile tile, int channels, MemorySegment state, long stateAt, int from, int to) {
    int states = tile.layout.states;
    for (int d = 0; d < channels; d++) {
      long record = tile.layout.steps(d / LANES) + 4L * (d % LANES);
      long first = 4L * d * states;
      int n = 0;
      for (; n <= states - LANES; n += LANES) {
        long at = first + 4L * n;
        stepWhole(tile, record, n, tile.layout.rate + at, state, stateAt + at, from, to);
      }
      if (n < states) {
        long at = first + 4L * n;
        stepRest(tile, record, n, tile.layout.rate + at, state, stateAt + at, from, to);
      }
    }
  }

  private static void stepWhole(
      ScanTile tile,
      long record,
      int n,
      long rateAt,
      MemorySegment state,
      long stateAt,
      int from,
      int to) {
    MemorySegment scratch = tile.scratch;
    FloatVector rate = load(scratch, rateAt);
    FloatVector h = load(state, stateAt);
    for (int t = from; t < to; t++) {
      long at = record + t * tile.layout.stepBytes;
      long w = tile.weights + t * tile.weightStride() + 4L * n;
      FloatVector decay = VectorExpCpu.exp2(broadcast(scratch, at + DELTA), rate);
      h = decay.fma(h, load(tile.b, w).mul(broadcast(scratch, at + INPUT)));
      put(scratch, at + Y, VectorExpCpu.sum(h.mul(load(tile.c, w))));
    }
    store(h, state, stateAt);
  }

  private static void put(MemorySegment scratch, long at, float value) {
    scratch.set(JAVA_FLOAT, at, scratch.get(JAVA_FLOAT, at) + value);
  }

  /** The last states, fewer than a vector has lanes. */
  private static void stepRest(
      ScanTile tile,
      long record,
      int n,
      long rateAt,
      MemorySegment state,
      long stateAt,
      int from,
      int to) {
    MemorySegment scratch = tile.scratch;
    VectorMask<Float> mask = FLOATS.indexInRange(n, tile.layout.states);
    FloatVector rate = masked(scratch, rateAt, mask);
    FloatVector h = masked(state, stateAt, mask);
    for (int t = from; t < to; t++) {
      long at = record + t * tile.layout.stepBytes;
      long w = tile.weights + t * tile.weightStride() + 4L * n;
      FloatVector decay = VectorExpCpu.exp2(broadcast(scratch, at + DELTA), rate);
      h = decay.fma(h, masked(tile.b, w, mask).mul(broadcast(scratch, at + INPUT)));
      put(scratch, at + Y, VectorExpCpu.sum(h.mul(masked(tile.c, w, mask))));
    }
    h.intoMemorySegment(state, stateAt, ORDER, mask);
  }

  private static FloatVector masked(MemorySegment segment, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, segment, at, ORDER, mask);
  }

  @Override
  public void openBackward(ScanTile tile, int block, int blocks, int from, int to) {
    VectorScanBackwardCpu.open(tile, block, blocks, from, to);
  }

  @Override
  public void retrace(ScanTile tile, int block, int state, int count, int from, int to, int run) {
    VectorScanBackwardCpu.retrace(tile, block, state, count, from, to, run);
  }

  @Override
  public void retreat(ScanTile tile, int block, int state, int index, int from, int to, int run) {
    VectorScanBackwardCpu.retreat(tile, block, state, index, from, to, run);
  }

  @Override
  public void sums(
      MemorySegment scratch,
      long at,
      long apart,
      int count,
      MemorySegment out,
      long outAt,
      long outStride) {
    for (int i = 0; i < count; i++) {
      float sum = VectorExpCpu.sum(load(scratch, at + i * apart));
      out.set(JAVA_FLOAT, outAt + i * outStride, sum);
    }
  }

  @Override
  public void closeBackward(
      ScanTile tile, boolean softplus, int block, int blocks, int from, int to) {
    VectorScanBackwardCpu.close(tile, softplus, block, blocks, from, to);
  }
}
