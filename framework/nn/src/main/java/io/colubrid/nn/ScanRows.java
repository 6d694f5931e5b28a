package io.colubrid.nn;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Operands with one row of channels a step; null where there is none. All have one shape, so that
 * one offset is right for all.
 *
 * @param gradOut the gradient that arrives at y
 */
record ScanRows(
    MemorySegment u,
    MemorySegment delta,
    @Nullable MemorySegment gate,
    @Nullable MemorySegment gradOut,
    @Nullable MemorySegment out,
    @Nullable MemorySegment gradU,
    @Nullable MemorySegment gradDelta,
    @Nullable MemorySegment gradGate) {

  static ScanRows forward(CpuCall call) {
    return new ScanRows(
        call.input(SelectiveScan.U),
        call.input(SelectiveScan.DELTA),
        call.hasInput(SelectiveScan.GATE) ? call.input(SelectiveScan.GATE) : null,
        null,
        call.output(0),
        null,
        null,
        null);
  }

  static ScanRows backward(CpuCall call) {
    return new ScanRows(
        call.input(SelectiveScan.U),
        call.input(SelectiveScan.DELTA),
        call.hasInput(SelectiveScan.GATE) ? call.input(SelectiveScan.GATE) : null,
        call.outputGradient(0),
        null,
        gradient(call, SelectiveScan.U),
        gradient(call, SelectiveScan.DELTA),
        gradient(call, SelectiveScan.GATE));
  }

  private static @Nullable MemorySegment gradient(CpuCall call, int input) {
    return call.hasInput(input) && call.wantsGradient(input) ? call.inputGradient(input) : null;
  }

  /** Columns of scratch memory in the place of what is there, zeroed. */
  ScanRows staged(MemorySegment scratch, ScanLayout layout) {
    Columns columns = new Columns(scratch, layout);
    return new ScanRows(
        columns.next(),
        columns.next(),
        gate == null ? null : columns.next(),
        gradOut == null ? null : columns.next(),
        out == null ? null : columns.next(),
        gradU == null ? null : columns.next(),
        gradDelta == null ? null : columns.next(),
        gradGate == null ? null : columns.next());
  }

  private static final class Columns {
    private final MemorySegment scratch;
    private final long column;
    private long at;

    Columns(MemorySegment scratch, ScanLayout layout) {
      this.scratch = scratch;
      column = ChannelGroups.TILE * layout.vector;
      at = layout.staging;
    }

    MemorySegment next() {
      at += column;
      return scratch.asSlice(at - column, column).fill((byte) 0);
    }
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

  private static void copy(
      @Nullable MemorySegment source,
      long from,
      @Nullable MemorySegment target,
      long to,
      long bytes) {
    if (source != null && target != null) {
      MemorySegment.copy(source, from, target, to, bytes);
    }
  }

  /** Writes zeros to a part of a row of each operand that is written. */
  void clearOutputs(long at, long bytes) {
    clear(out, at, bytes);
    clear(gradU, at, bytes);
    clear(gradDelta, at, bytes);
    clear(gradGate, at, bytes);
  }

  private static void clear(@Nullable MemorySegment target, long at, long bytes) {
    if (target != null) {
      target.asSlice(at, bytes).fill((byte) 0);
    }
  }
}
