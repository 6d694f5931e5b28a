package io.colubrid.nn;

import static io.colubrid.nn.Addresses.NONE;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Addresses of the operands with one row of channels a step; {@link Addresses#NONE} where there is
 * none. All have one shape, so that one offset is right for all.
 *
 * @param gradOut the gradient that arrives at y
 */
record ScanRows(
    long u,
    long delta,
    long gate,
    long gradOut,
    long out,
    long gradU,
    long gradDelta,
    long gradGate) {

  static ScanRows forward(CpuCall call, long elements) {
    return new ScanRows(
        Addresses.of(call.input(SelectiveScan.U), elements),
        Addresses.of(call.input(SelectiveScan.DELTA), elements),
        gate(call, elements),
        NONE,
        Addresses.of(call.output(0), elements),
        NONE,
        NONE,
        NONE);
  }

  static ScanRows backward(CpuCall call, long elements) {
    return new ScanRows(
        Addresses.of(call.input(SelectiveScan.U), elements),
        Addresses.of(call.input(SelectiveScan.DELTA), elements),
        gate(call, elements),
        Addresses.of(call.outputGradient(0), elements),
        NONE,
        gradient(call, SelectiveScan.U, elements),
        gradient(call, SelectiveScan.DELTA, elements),
        gradient(call, SelectiveScan.GATE, elements));
  }

  private static long gate(CpuCall call, long elements) {
    return call.hasInput(SelectiveScan.GATE)
        ? Addresses.of(call.input(SelectiveScan.GATE), elements)
        : NONE;
  }

  private static long gradient(CpuCall call, int input, long elements) {
    if (!call.hasInput(input) || !call.wantsGradient(input)) {
      return NONE;
    }
    MemorySegment gradient = call.inputGradient(input);
    return Addresses.of(gradient, elements);
  }

  /**
   * Columns of scratch memory in the place of what is there.
   *
   * @param at address of the first
   * @param bytes that a column takes
   */
  ScanRows staged(long at, long bytes) {
    return new ScanRows(
        at,
        at + bytes,
        gate == NONE ? NONE : at + 2 * bytes,
        gradOut == NONE ? NONE : at + 3 * bytes,
        out == NONE ? NONE : at + 3 * bytes,
        gradU == NONE ? NONE : at + 4 * bytes,
        gradDelta == NONE ? NONE : at + 5 * bytes,
        gradGate == NONE ? NONE : at + 6 * bytes);
  }

  /** Copies a part of a row of each operand that is read. */
  void copyInputs(long from, ScanRows target, long to, long bytes) {
    copy(u, from, target.u, to, bytes);
    copy(delta, from, target.delta, to, bytes);
    copy(gate, from, target.gate, to, bytes);
    copy(gradOut, from, target.gradOut, to, bytes);
  }

  /** Copies a part of a row of each operand that is written. */
  void copyOutputs(long from, ScanRows target, long to, long bytes) {
    copy(out, from, target.out, to, bytes);
    copy(gradU, from, target.gradU, to, bytes);
    copy(gradDelta, from, target.gradDelta, to, bytes);
    copy(gradGate, from, target.gradGate, to, bytes);
  }

  private static void copy(long source, long from, long target, long to, long bytes) {
    if (source != NONE) {
      Addresses.copy(source + from, target + to, bytes);
    }
  }

  /** Writes zeros to a part of a row of each operand that is written. */
  void clearOutputs(long at, long bytes) {
    clear(out, at, bytes);
    clear(gradU, at, bytes);
    clear(gradDelta, at, bytes);
    clear(gradGate, at, bytes);
  }

  private static void clear(long target, long at, long bytes) {
    if (target != NONE) {
      Addresses.clear(target + at, bytes);
    }
  }
}
