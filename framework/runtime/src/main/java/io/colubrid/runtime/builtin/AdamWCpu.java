package io.colubrid.runtime.builtin;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.engine.cpu.VectorBf16;
import io.colubrid.runtime.training.UpdateControl;
import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** {@link AdamWStep} on the CPU, in one pass over memory. */
record AdamWCpu(AdamWStep step) implements CpuBody {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTORS_WORTH_A_THREAD = (1 << 14) / LANES;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return CpuBody.super.accepts(inputs.subList(0, AdamWStep.COPY));
  }

  @Override
  public void forward(CpuCall call) {
    MemorySegment control = call.input(AdamWStep.CONTROL);
    if (control.getAtIndex(JAVA_FLOAT, UpdateControl.PROCEED) <= 0.5f) {
      return;
    }
    Coefficients coefficients = Coefficients.of(step, control);
    MemorySegment value = call.input(AdamWStep.VALUE);
    MemorySegment gradient = call.input(AdamWStep.GRADIENT);
    MemorySegment mean = call.input(AdamWStep.MEAN);
    MemorySegment meanSquare = call.input(AdamWStep.MEAN_SQUARE);
    boolean copied = call.hasInput(AdamWStep.COPY);
    long copy = copied ? call.input(AdamWStep.COPY).address() : 0;
    long count = value.byteSize() / Float.BYTES;
    call.parallel()
        .forEachRange(
            Math.ceilDiv(count, LANES),
            VECTORS_WORTH_A_THREAD,
            (from, to) -> {
              long last = Math.min(to * LANES, count);
              long first = from * LANES;
              update(coefficients, value, gradient, mean, meanSquare, first, last);
              if (copied) {
                VectorBf16.narrowAll(
                    value.address() + first * Float.BYTES,
                    copy + first * Short.BYTES,
                    last - first);
              }
            });
  }

  /**
   * The update as w = kept·w − rate·m / (√v·root + ε).
   *
   * @param rate η/(1 − β₁ᵗ)
   * @param root 1/√(1 − β₂ᵗ)
   */
  private record Coefficients(
      float factor,
      float beta1,
      float newShare1,
      float beta2,
      float newShare2,
      float kept,
      float rate,
      float root,
      float epsilon) {
    static Coefficients of(AdamWStep step, MemorySegment control) {
      double learningRate = control.getAtIndex(JAVA_FLOAT, UpdateControl.LEARNING_RATE);
      double update = control.getAtIndex(JAVA_FLOAT, UpdateControl.UPDATE);
      return new Coefficients(
          control.getAtIndex(JAVA_FLOAT, UpdateControl.FACTOR),
          (float) step.beta1(),
          (float) (1 - step.beta1()),
          (float) step.beta2(),
          (float) (1 - step.beta2()),
          (float) (1 - learningRate * step.weightDecay()),
          (float) (learningRate / (1 - Math.pow(step.beta1(), update))),
          (float) (1 / Math.sqrt(1 - Math.pow(step.beta2(), update))),
          (float) step.epsilon());
    }
  }

  private static void update(
      Coefficients c,
      MemorySegment value,
      MemorySegment gradient,
      MemorySegment mean,
      MemorySegment meanSquare,
      long from,
      long to) {
    FloatVector epsilon = FloatVector.broadcast(SPECIES, c.epsilon);
    FloatVector root = FloatVector.broadcast(SPECIES, c.root);
    FloatVector beta1 = FloatVector.broadcast(SPECIES, c.beta1);
    FloatVector beta2 = FloatVector.broadcast(SPECIES, c.beta2);
    long i = from;
    for (; i + LANES <= to; i += LANES) {
      long at = i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, gradient, at, ORDER).mul(c.factor);
      FloatVector m = FloatVector.fromMemorySegment(SPECIES, mean, at, ORDER);
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, meanSquare, at, ORDER);
      FloatVector w = FloatVector.fromMemorySegment(SPECIES, value, at, ORDER);
      m = m.fma(beta1, g.mul(c.newShare1));
      v = v.fma(beta2, g.mul(g).mul(c.newShare2));
      FloatVector change = m.mul(c.rate).div(v.sqrt().fma(root, epsilon));
      m.intoMemorySegment(mean, at, ORDER);
      v.intoMemorySegment(meanSquare, at, ORDER);
      w.mul(c.kept).sub(change).intoMemorySegment(value, at, ORDER);
    }
    for (; i < to; i++) {
      updateOne(c, value, gradient, mean, meanSquare, i);
    }
  }

  /** The same roundings as on vectors, so that results do not depend on where a range ends. */
  private static void updateOne(
      Coefficients c,
      MemorySegment value,
      MemorySegment gradient,
      MemorySegment mean,
      MemorySegment meanSquare,
      long i) {
    float g = gradient.getAtIndex(JAVA_FLOAT, i) * c.factor;
    float m = Math.fma(mean.getAtIndex(JAVA_FLOAT, i), c.beta1, g * c.newShare1);
    float v = Math.fma(meanSquare.getAtIndex(JAVA_FLOAT, i), c.beta2, g * g * c.newShare2);
    float change = m * c.rate / Math.fma((float) Math.sqrt(v), c.root, c.epsilon);
    mean.setAtIndex(JAVA_FLOAT, i, m);
    meanSquare.setAtIndex(JAVA_FLOAT, i, v);
    value.setAtIndex(JAVA_FLOAT, i, value.getAtIndex(JAVA_FLOAT, i) * c.kept - change);
  }
}
