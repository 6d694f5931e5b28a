package io.colubrid.plugins.moe;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/** {@link TopK} on the CPU: k sweeps over a row, which has a few experts only. */
record TopKCpu(int k) implements CpuBody {
  private static final int WEIGHTS = 0;
  private static final int CHOICES = 1;
  private static final long ELEMENTS_WORTH_A_THREAD = 1 << 13;

  @Override
  public boolean backwardReadsInput(int input) {
    return false;
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return output == CHOICES;
  }

  @Override
  public void forward(CpuCall call) {
    int experts = experts(call);
    MemorySegment probabilities = call.input(0);
    MemorySegment weights = call.output(WEIGHTS);
    MemorySegment choices = call.output(CHOICES);
    call.parallel()
        .forEachRange(
            rows(call),
            grain(experts),
            (from, to) -> {
              for (long row = from; row < to; row++) {
                choose(probabilities, row, experts, choices);
                for (long i = row * k; i < (row + 1) * k; i++) {
                  long at = row * experts + choices.getAtIndex(JAVA_INT, i);
                  weights.setAtIndex(JAVA_FLOAT, i, probabilities.getAtIndex(JAVA_FLOAT, at));
                }
              }
            });
  }

  /** Each sweep finds what comes next behind the last find, in value and then in place. */
  private void choose(MemorySegment probabilities, long row, int experts, MemorySegment choices) {
    float bound = Float.POSITIVE_INFINITY;
    int last = -1;
    for (int i = 0; i < k; i++) {
      float best = -1;
      int choice = 0;
      for (int e = 0; e < experts; e++) {
        float p = probabilities.getAtIndex(JAVA_FLOAT, row * experts + e);
        boolean free = p < bound || (p == bound && e > last);
        if (free && p > best) {
          best = p;
          choice = e;
        }
      }
      choices.setAtIndex(JAVA_INT, row * k + i, choice);
      bound = best;
      last = choice;
    }
  }

  @Override
  public void backward(CpuCall call) {
    int experts = experts(call);
    MemorySegment choices = call.output(CHOICES);
    MemorySegment weights = call.outputGradient(WEIGHTS);
    MemorySegment probabilities = call.inputGradient(0);
    probabilities.fill((byte) 0);
    call.parallel()
        .forEachRange(
            rows(call),
            grain(experts),
            (from, to) -> {
              for (long i = from * k; i < to * k; i++) {
                long at = i / k * experts + choices.getAtIndex(JAVA_INT, i);
                probabilities.setAtIndex(JAVA_FLOAT, at, weights.getAtIndex(JAVA_FLOAT, i));
              }
            });
  }

  private static long rows(CpuCall call) {
    return requireNonNull(call.inputTypes().getFirst()).shape().dim(0);
  }

  private static int experts(CpuCall call) {
    return (int) requireNonNull(call.inputTypes().getFirst()).shape().dim(1);
  }

  private long grain(int experts) {
    return Math.ceilDiv(ELEMENTS_WORTH_A_THREAD, (long) experts * k);
  }
}
