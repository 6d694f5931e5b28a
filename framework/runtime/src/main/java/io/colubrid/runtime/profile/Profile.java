package io.colubrid.runtime.profile;

import io.colubrid.engine.cpu.MachineLimits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of a training step goes. Times are medians over the steps that were measured.
 *
 * @param machine the processor and what computes on it
 * @param steps that were measured
 * @param unit what a step is counted in, such as token
 * @param tokens of a step, or how much of another unit
 * @param stepMicros wall time of a step that nobody observes, with the copying of its batch
 * @param observedMicros wall time of a step whose kernels are timed one by one
 * @param kernelMicros sum of the kernels' times
 * @param betweenMicros what an observed step takes beside its kernels, the reading of clocks
 *     counted
 * @param kernels kernels of a step that compute something
 * @param smallKernels those of them that take less than {@link #SMALL_MICROS}
 * @param smallMicros the time of those
 * @param layers by layer, in the model's order
 * @param operations by operation, the longest first
 * @param limits what the machine can do at best; null where that was not measured, as on GPUs
 */
public record Profile(
    String machine,
    int steps,
    String unit,
    long tokens,
    double stepMicros,
    double observedMicros,
    double kernelMicros,
    double betweenMicros,
    int kernels,
    int smallKernels,
    double smallMicros,
    List<ProfileRow> layers,
    List<ProfileRow> operations,
    @Nullable MachineLimits limits) {

  /** Below this a kernel is mostly overhead: microseconds. */
  public static final double SMALL_MICROS = 10;

  /**
   * Share of a step that is not spent in kernels. Taken from the observed steps, where both are
   * known without noise, so it counts the clocks that observing reads between kernels.
   */
  public double outsideKernels() {
    return betweenMicros / observedMicros;
  }

  /** What observing adds to a step, as a share of it. */
  public double observationOverhead() {
    return observedMicros / stepMicros - 1;
  }

  public double tokensPerSecond() {
    return tokens / stepMicros * 1e6;
  }
}
