package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link SwiGlu} on the CPU, in one pass over memory in each direction. Backward computes the
 * sigmoid again, which costs less than to store it.
 */
final class SwiGluCpu implements CpuBody {
  static final SwiGluCpu BODY = new SwiGluCpu();

  private static final VectorSpecies<Float> FLOATS = VectorExpCpu.FLOATS;
  private static final int LANES = VectorExpCpu.LANES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTORS_WORTH_A_THREAD = (1 << 13) / LANES;

  private SwiGluCpu() {}

  @Override
  public void forward(CpuCall call) {
    MemorySegment gate = call.input(SwiGlu.GATE);
    MemorySegment up = call.input(SwiGlu.UP);
    MemorySegment product = call.output(0);
    long count = product.byteSize() / Float.BYTES;
    call.parallel()
        .forEachRange(
            Math.ceilDiv(count, LANES),
            VECTORS_WORTH_A_THREAD,
            (from, to) -> forward(gate, up, product, from * LANES, Math.min(to * LANES, count)));
  }

  private static void forward(
      MemorySegment gate, MemorySegment up, MemorySegment product, long from, long to) {
    long i = from;
    for (; i + LANES <= to; i += LANES) {
      long at = i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, gate, at, ORDER);
      FloatVector u = FloatVector.fromMemorySegment(FLOATS, up, at, ORDER);
      g.mul(VectorExpCpu.sigmoid(g)).mul(u).intoMemorySegment(product, at, ORDER);
    }
    for (; i < to; i++) {
      float g = gate.getAtIndex(JAVA_FLOAT, i);
      product.setAtIndex(JAVA_FLOAT, i, g * sigmoid(g) * up.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Override
  public void backward(CpuCall call) {
    long count = call.outputGradient(0).byteSize() / Float.BYTES;
    boolean gate = call.wantsGradient(SwiGlu.GATE);
    boolean up = call.wantsGradient(SwiGlu.UP);
    Gradients gradients =
        new Gradients(
            call.input(SwiGlu.GATE),
            call.input(SwiGlu.UP),
            call.outputGradient(0),
            gate ? call.inputGradient(SwiGlu.GATE) : MemorySegment.NULL,
            up ? call.inputGradient(SwiGlu.UP) : MemorySegment.NULL);
    call.parallel()
        .forEachRange(
            Math.ceilDiv(count, LANES),
            VECTORS_WORTH_A_THREAD,
            (from, to) -> gradients.run(from * LANES, Math.min(to * LANES, count), gate, up));
  }

  /** Where backward reads from and writes to. */
  private record Gradients(
      MemorySegment gate,
      MemorySegment up,
      MemorySegment gradient,
      MemorySegment gateGradient,
      MemorySegment upGradient) {

    /** With s = sigmoid(g): ∂/∂g = u·s·(1 + g·(1 − s)), ∂/∂u = g·s. */
    void run(long from, long to, boolean wantsGate, boolean wantsUp) {
      FloatVector one = FloatVector.broadcast(FLOATS, 1);
      long i = from;
      for (; i + LANES <= to; i += LANES) {
        long at = i * Float.BYTES;
        FloatVector g = FloatVector.fromMemorySegment(FLOATS, gate, at, ORDER);
        FloatVector s = VectorExpCpu.sigmoid(g);
        FloatVector scaled = FloatVector.fromMemorySegment(FLOATS, gradient, at, ORDER).mul(s);
        if (wantsUp) {
          scaled.mul(g).intoMemorySegment(upGradient, at, ORDER);
        }
        if (wantsGate) {
          FloatVector u = FloatVector.fromMemorySegment(FLOATS, up, at, ORDER);
          FloatVector slope = g.fma(one.sub(s), one);
          scaled.mul(u).mul(slope).intoMemorySegment(gateGradient, at, ORDER);
        }
      }
      for (; i < to; i++) {
        float g = gate.getAtIndex(JAVA_FLOAT, i);
        float s = sigmoid(g);
        float scaled = gradient.getAtIndex(JAVA_FLOAT, i) * s;
        if (wantsUp) {
          upGradient.setAtIndex(JAVA_FLOAT, i, scaled * g);
        }
        if (wantsGate) {
          float slope = Math.fma(g, 1 - s, 1);
          gateGradient.setAtIndex(JAVA_FLOAT, i, scaled * up.getAtIndex(JAVA_FLOAT, i) * slope);
        }
      }
    }
  }

  private static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }
}
