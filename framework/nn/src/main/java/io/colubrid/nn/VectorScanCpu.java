package io.colubrid.nn;

import static io.colubrid.nn.Addresses.ALL;
import static io.colubrid.nn.Addresses.NONE;
import static io.colubrid.nn.VectorExpCpu.FLOATS;
import static io.colubrid.nn.VectorExpCpu.LANES;
import static io.colubrid.nn.VectorExpCpu.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The loops of a scan on vectors. They name the Vector API itself and are compiled alone, see
 * {@link AloneCpu}. Offsets of vectors in a record are constants, so that addresses need few
 * registers.
 */
final class VectorScanCpu implements ScanKernels {
  private static final long V = 4L * LANES;
  private static final long DELTA = ScanLayout.DELTA * V;
  private static final long INPUT = ScanLayout.INPUT * V;
  private static final long Y = ScanLayout.Y * V;

  private static MethodHandle openSoftplus = loop("openSoftplus");
  private static MethodHandle goOn = loop("goOn");
  private static MethodHandle closeGated = loop("closeGated");
  private static MethodHandle stepWhole = stepLoop("stepWhole");
  private static MethodHandle stepRest = stepLoop("stepRest");

  private static MethodHandle loop(String name) {
    return AloneCpu.loop(
        MethodHandles.lookup(), name, ScanTile.class, int.class, int.class, int.class, int.class);
  }

  private static MethodHandle stepLoop(String name) {
    return AloneCpu.loop(
        MethodHandles.lookup(), name, ScanTile.class, int.class, long.class, int.class, int.class);
  }

  /** Runs a loop of (tile, block, state, from, to). */
  static void run(MethodHandle loop, ScanTile tile, int block, int state, int from, int to) {
    try {
      loop.invokeExact(tile, block, state, from, to);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void rates(long at, int vectors) {
    VectorExpCpu.negatedExp(at, vectors, VectorExpCpu.LOG2_E);
  }

  @Override
  public void open(ScanTile tile, boolean softplus, int block, int from, int to) {
    if (softplus) {
      run(openSoftplus, tile, block, 0, from, to);
    } else {
      openPlain(tile, block, from, to);
    }
    openInput(tile, block, from, to);
  }

  static void openSoftplus(ScanTile tile, int block, int unused, int from, int to) {
    long raw = tile.rows.delta() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block) + DELTA;
    long apart = tile.layout.stepBytes;
    FloatVector bias =
        FloatVector.fromMemorySegment(FLOATS, ALL, tile.perBlock(tile.layout.bias, block), ORDER);
    for (int t = from; t < to; t++) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, raw + t * stride, ORDER);
      VectorExpCpu.softplus(x.add(bias)).intoMemorySegment(ALL, record + t * apart, ORDER);
    }
  }

  private static void openPlain(ScanTile tile, int block, int from, int to) {
    long raw = tile.rows.delta() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block) + DELTA;
    long apart = tile.layout.stepBytes;
    FloatVector bias =
        FloatVector.fromMemorySegment(FLOATS, ALL, tile.perBlock(tile.layout.bias, block), ORDER);
    for (int t = from; t < to; t++) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, raw + t * stride, ORDER);
      x.add(bias).intoMemorySegment(ALL, record + t * apart, ORDER);
    }
  }

  private static void openInput(ScanTile tile, int block, int from, int to) {
    long u = tile.rows.u() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    FloatVector skip =
        FloatVector.fromMemorySegment(FLOATS, ALL, tile.perBlock(tile.layout.skip, block), ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, u + t * stride, ORDER);
      FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, at + DELTA, ORDER);
      x.mul(delta).intoMemorySegment(ALL, at + INPUT, ORDER);
      x.mul(skip).intoMemorySegment(ALL, at + Y, ORDER);
    }
  }

  @Override
  public void advance(ScanTile tile, int block, int state, int from, int to) {
    run(goOn, tile, block, state, from, to);
  }

  static void goOn(ScanTile tile, int block, int state, int from, int to) {
    long record = tile.record(block);
    long apart = tile.layout.stepBytes;
    long b = tile.b + 4L * state;
    long c = tile.c + 4L * state;
    long stride = tile.weightStride();
    long stateAt = tile.perState(tile.layout.state, block, state);
    long rateAt = tile.perState(tile.layout.rate, block, state);
    FloatVector rate = FloatVector.fromMemorySegment(FLOATS, ALL, rateAt, ORDER);
    FloatVector h = FloatVector.fromMemorySegment(FLOATS, ALL, stateAt, ORDER);
    for (int t = from; t < to; t++) {
      long at = record + t * apart;
      long w = t * stride;
      FloatVector delta = FloatVector.fromMemorySegment(FLOATS, ALL, at + DELTA, ORDER);
      FloatVector decay = VectorExpCpu.exp2(delta, rate);
      FloatVector input = FloatVector.fromMemorySegment(FLOATS, ALL, at + INPUT, ORDER);
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, at + Y, ORDER);
      h = decay.fma(h, input.mul(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, b + w))));
      y = h.fma(FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, c + w)), y);
      y.intoMemorySegment(ALL, at + Y, ORDER);
    }
    h.intoMemorySegment(ALL, stateAt, ORDER);
  }

  @Override
  public void close(ScanTile tile, int block, int from, int to) {
    if (tile.rows.gate() == NONE) {
      closePlain(tile, block, from, to);
    } else {
      run(closeGated, tile, block, 0, from, to);
    }
  }

  private static void closePlain(ScanTile tile, int block, int from, int to) {
    long out = tile.rows.out() + tile.rowOf(block);
    long y = tile.record(block) + Y;
    for (int t = from; t < to; t++) {
      FloatVector.fromMemorySegment(FLOATS, ALL, y + t * tile.layout.stepBytes, ORDER)
          .intoMemorySegment(ALL, out + t * tile.rowStride, ORDER);
    }
  }

  static void closeGated(ScanTile tile, int block, int unused, int from, int to) {
    long gate = tile.rows.gate() + tile.rowOf(block);
    long out = tile.rows.out() + tile.rowOf(block);
    long stride = tile.rowStride;
    long record = tile.record(block) + Y;
    long apart = tile.layout.stepBytes;
    for (int t = from; t < to; t++) {
      FloatVector z = FloatVector.fromMemorySegment(FLOATS, ALL, gate + t * stride, ORDER);
      FloatVector open = z.mul(VectorExpCpu.sigmoid(z));
      FloatVector y = FloatVector.fromMemorySegment(FLOATS, ALL, record + t * apart, ORDER);
      y.mul(open).intoMemorySegment(ALL, out + t * stride, ORDER);
    }
  }

  @Override
  public void step(ScanTile tile, int channels, long state, int from, int to) {
    try {
      if (tile.layout.states % LANES == 0) {
        stepWhole.invokeExact(tile, channels, state, from, to);
      } else {
        stepRest.invokeExact(tile, channels, state, from, to);
      }
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  static void stepWhole(ScanTile tile, int channels, long state, int from, int to) {
    long rates = tile.scratch + tile.layout.rate;
    long states = tile.layout.states;
    long stride = tile.weightStride();
    for (int d = 0; d < channels; d++) {
      long record = tile.record(d / LANES) + 4L * (d % LANES);
      for (long n = 0; n < states; n += LANES) {
        long own = 4 * (d * states + n);
        FloatVector rate = FloatVector.fromMemorySegment(FLOATS, ALL, rates + own, ORDER);
        FloatVector h = FloatVector.fromMemorySegment(FLOATS, ALL, state + own, ORDER);
        for (int t = from; t < to; t++) {
          long at = record + t * tile.layout.stepBytes;
          long w = t * stride + 4 * n;
          FloatVector delta = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, at + DELTA));
          FloatVector decay = VectorExpCpu.exp2(delta, rate);
          FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, tile.b + w, ORDER);
          FloatVector c = FloatVector.fromMemorySegment(FLOATS, ALL, tile.c + w, ORDER);
          h = decay.fma(h, b.mul(ALL.get(JAVA_FLOAT, at + INPUT)));
          float y = ALL.get(JAVA_FLOAT, at + Y) + LaneSumCpu.of(h.mul(c));
          ALL.set(JAVA_FLOAT, at + Y, y);
        }
        h.intoMemorySegment(ALL, state + own, ORDER);
      }
    }
  }

  /** As {@link #stepWhole}, where vectors do not divide the states. */
  static void stepRest(ScanTile tile, int channels, long state, int from, int to) {
    long rates = tile.scratch + tile.layout.rate;
    long states = tile.layout.states;
    long stride = tile.weightStride();
    for (int d = 0; d < channels; d++) {
      long record = tile.record(d / LANES) + 4L * (d % LANES);
      for (long n = 0; n < states; n += LANES) {
        VectorMask<Float> mask = FLOATS.indexInRange(n, states);
        long own = 4 * (d * states + n);
        FloatVector rate = FloatVector.fromMemorySegment(FLOATS, ALL, rates + own, ORDER, mask);
        FloatVector h = FloatVector.fromMemorySegment(FLOATS, ALL, state + own, ORDER, mask);
        for (int t = from; t < to; t++) {
          long at = record + t * tile.layout.stepBytes;
          long w = t * stride + 4 * n;
          FloatVector delta = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, at + DELTA));
          FloatVector decay = VectorExpCpu.exp2(delta, rate);
          FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, tile.b + w, ORDER, mask);
          FloatVector c = FloatVector.fromMemorySegment(FLOATS, ALL, tile.c + w, ORDER, mask);
          h = decay.fma(h, b.mul(ALL.get(JAVA_FLOAT, at + INPUT)));
          float y = ALL.get(JAVA_FLOAT, at + Y) + LaneSumCpu.of(h.mul(c));
          ALL.set(JAVA_FLOAT, at + Y, y);
        }
        h.intoMemorySegment(ALL, state + own, ORDER, mask);
      }
    }
  }

  @Override
  public void openBackward(ScanTile tile, int block, int from, int to) {
    VectorScanBackwardCpu.open(tile, block, from, to);
  }

  @Override
  public void retrace(ScanTile tile, int block, int state, int count, int from, int to) {
    VectorScanBackwardCpu.retrace(tile, block, state, count, from, to);
  }

  @Override
  public void retreat(ScanTile tile, int block, int state, int count, int from, int to) {
    VectorScanBackwardCpu.retreat(tile, block, state, count, from, to);
  }

  @Override
  public void sums(long at, long apart, int count, long out, long outStride) {
    for (int i = 0; i < count; i++) {
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, at + i * apart, ORDER);
      ALL.set(JAVA_FLOAT, out + i * outStride, LaneSumCpu.of(x));
    }
  }

  @Override
  public void closeBackward(ScanTile tile, boolean softplus, int block, int from, int to) {
    VectorScanBackwardCpu.close(tile, softplus, block, from, to);
  }
}
