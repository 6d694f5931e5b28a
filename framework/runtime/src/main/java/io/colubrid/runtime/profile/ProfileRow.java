package io.colubrid.runtime.profile;

/**
 * What a layer or an operation takes of a step.
 *
 * @param name a layer's path, or an operation's name
 * @param forwardMicros microseconds of a step in the forward pass
 * @param backwardMicros microseconds in the backward pass, with what is computed again
 * @param updateMicros microseconds in the update
 * @param share of the time of all kernels
 * @param calls kernels run in a step
 * @param flops floating-point operations of a step, counted as plans count them
 * @param bytes of the tensors that are read and written in a step
 */
public record ProfileRow(
    String name,
    double forwardMicros,
    double backwardMicros,
    double updateMicros,
    double share,
    int calls,
    long flops,
    long bytes) {

  public double micros() {
    return forwardMicros + backwardMicros + updateMicros;
  }

  /** 10⁹ operations a second. */
  public double gigaflops() {
    return micros() == 0 ? 0 : flops / micros() / 1e3;
  }

  /** 10⁹ bytes a second. */
  public double gigabytes() {
    return micros() == 0 ? 0 : bytes / micros() / 1e3;
  }
}
