package io.colubrid.runtime.builtin;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link SgdStep} on the CPU, in one pass over memory. */
record SgdCpu(SgdStep step) implements CpuBody {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTORS_WORTH_A_THREAD = (1 << 14) / LANES;

  @Override
  public void forward(CpuCall call) {
    MemorySegment control = call.input(SgdStep.CONTROL);
    if (control.getAtIndex(JAVA_FLOAT, UpdateControl.PROCEED) <= 0.5f) {
      return;
    }
    float rate = control.getAtIndex(JAVA_FLOAT, UpdateControl.LEARNING_RATE);
    float factor = control.getAtIndex(JAVA_FLOAT, UpdateControl.FACTOR);
    float kept = (float) (1 - rate * step.weightDecay());
    float momentum = (float) step.momentum();
    MemorySegment value = call.input(SgdStep.VALUE);
    MemorySegment gradient = call.input(SgdStep.GRADIENT);
    MemorySegment direction = call.input(SgdStep.DIRECTION);
    long count = value.byteSize() / Float.BYTES;
    call.parallel()
        .forEachRange(
            Math.ceilDiv(count, LANES),
            VECTORS_WORTH_A_THREAD,
            (from, to) -> {
              long i = from * LANES;
              long last = Math.min(to * LANES, count);
              for (; i + LANES <= last; i += LANES) {
                long at = i * Float.BYTES;
                FloatVector g = FloatVector.fromMemorySegment(SPECIES, gradient, at, ORDER);
                FloatVector b = FloatVector.fromMemorySegment(SPECIES, direction, at, ORDER);
                FloatVector w = FloatVector.fromMemorySegment(SPECIES, value, at, ORDER);
                b = b.mul(momentum).add(g.mul(factor));
                b.intoMemorySegment(direction, at, ORDER);
                w.mul(kept).sub(b.mul(rate)).intoMemorySegment(value, at, ORDER);
              }
              for (; i < last; i++) {
                float g = gradient.getAtIndex(JAVA_FLOAT, i) * factor;
                float b = direction.getAtIndex(JAVA_FLOAT, i) * momentum + g;
                direction.setAtIndex(JAVA_FLOAT, i, b);
                value.setAtIndex(JAVA_FLOAT, i, value.getAtIndex(JAVA_FLOAT, i) * kept - b * rate);
              }
            });
  }
}
