package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.nn.AloneCpu;
import io.colubrid.nn.LaneSumCpu;
import io.colubrid.nn.VectorExpCpu;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The recurrence as it stands, from a state that it advances: for decoding. The loop over a head's
 * channels is compiled alone, see {@link AloneCpu}.
 */
final class SsdStepsCpu {
  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 14;

  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final int LANES = VectorExpCpu.LANES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static MethodHandle advance =
      AloneCpu.loop(
          MethodHandles.lookup(),
          "advance",
          SsdShape.class,
          Matrix.class,
          Matrix.class,
          Matrix.class,
          Matrix.class,
          long.class,
          float.class,
          float.class,
          float.class);

  private final CpuCall call;
  private final Ssd op;
  private final SsdShape shape;

  SsdStepsCpu(CpuCall call, Ssd op, SsdShape shape) {
    this.call = call;
    this.op = op;
    this.shape = shape;
  }

  void run() {
    long grain = Math.max(1, ELEMENTS_WORTH_A_THREAD / Math.max(1, shape.stateOfHead()));
    SsdScratch layout = new SsdScratch(shape, false);
    call.parallel()
        .forEachRange(
            (long) shape.batch() * shape.heads(),
            grain,
            (from, to) -> {
              var block = new SsdBlock(call, op, shape, layout, MemorySegment.NULL);
              for (long i = from; i < to; i++) {
                block.beginHead((int) (i / shape.heads()), (int) (i % shape.heads()));
                block.moveTo(0);
                run(block);
              }
            });
  }

  private void run(SsdBlock block) {
    Matrix h = block.state(call.output(1));
    Matrix y = block.channels(call.output(0));
    Matrix x = block.x();
    Matrix b = block.b();
    Matrix c = block.c();
    float rate = block.rate(0);
    float skip = block.skip(0);
    for (int t = 0; t < block.steps; t++) {
      if (block.documents.isPadding(t)) {
        SsdRowsCpu.fill(y.memory(), y.row(t), shape.headDim(), 0);
        continue;
      }
      if (block.documents.startsAt(t)) {
        SsdRowsCpu.fill(h.memory(), h.row(0), shape.stateOfHead(), 0);
      }
      double delta = block.stepSize(0, t);
      float decay = (float) Math.exp(delta * rate);
      step(h, x.from(t, 0), y.from(t, 0), b.from(t, 0), c.row(t), decay, (float) delta, skip);
    }
  }

  private void step(
      Matrix h, Matrix x, Matrix y, Matrix b, long c, float decay, float delta, float skip) {
    try {
      advance.invokeExact(shape, h, x, y, b, c, decay, delta, skip);
    } catch (Throwable t) {
      throw AloneCpu.unexpected(t);
    }
  }

  /** One step of all channels of a head: h = decay·h + Δ·x·bᵀ and y = h·c + skip·x. */
  static void advance(
      SsdShape shape,
      Matrix h,
      Matrix x,
      Matrix y,
      Matrix b,
      long cAt,
      float decay,
      float delta,
      float skip) {
    int states = shape.states();
    long bAt = b.row(0);
    for (int p = 0; p < shape.headDim(); p++) {
      float value = x.get(0, p);
      float entering = delta * value;
      long at = h.row(p);
      FloatVector dots = FloatVector.zero(FLOATS);
      int i = 0;
      for (; i < FLOATS.loopBound(states); i += LANES) {
        FloatVector next = load(h.memory(), at + 4L * i).mul(decay);
        next = load(b.memory(), bAt + 4L * i).mul(entering).add(next);
        next.intoMemorySegment(h.memory(), at + 4L * i, ORDER);
        dots = next.fma(load(b.memory(), cAt + 4L * i), dots);
      }
      float dot = LaneSumCpu.of(dots);
      for (; i < states; i++) {
        float next = h.memory().get(JAVA_FLOAT, at + 4L * i) * decay;
        next += entering * b.memory().get(JAVA_FLOAT, bAt + 4L * i);
        h.memory().set(JAVA_FLOAT, at + 4L * i, next);
        dot = Math.fma(next, b.memory().get(JAVA_FLOAT, cAt + 4L * i), dot);
      }
      y.set(0, p, Math.fma(skip, value, dot));
    }
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, ORDER);
  }
}
