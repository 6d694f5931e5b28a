package io.colubrid.runtime.bench;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.nn.CausalConv1d;
import io.colubrid.nn.SelectiveScan;

/** The operations of Mamba alone, at the sizes of Mamba-130M and 2048 tokens. */
final class OperationTrials {
  private static final long LENGTH = 2048;
  private static final long CHANNELS = 1536;
  private static final long STATES = 16;
  private static final long WIDTH = 4;

  private OperationTrials() {}

  /** With softplus, skip and gate. */
  static Trial scan(CpuBackend backend, boolean backward) {
    return new OperationTrial(
        backend,
        backward,
        inputs ->
            new SelectiveScan(true)
                .apply(
                    inputs.ops(),
                    new SelectiveScan.Operands(
                        inputs.next("u", 1, LENGTH, CHANNELS),
                        inputs.next("delta", 1, LENGTH, CHANNELS),
                        inputs.next("aLog", CHANNELS, STATES),
                        inputs.next("b", 1, LENGTH, STATES),
                        inputs.next("c", 1, LENGTH, STATES),
                        inputs.next("skip", CHANNELS),
                        inputs.next("gate", 1, LENGTH, CHANNELS),
                        inputs.next("deltaBias", CHANNELS),
                        null,
                        null))
                .y());
  }

  /** With SiLU. */
  static Trial conv(CpuBackend backend, boolean backward) {
    return new OperationTrial(
        backend,
        backward,
        inputs ->
            new CausalConv1d(true)
                .apply(
                    inputs.ops(),
                    inputs.next("x", 1, LENGTH, CHANNELS),
                    inputs.next("weight", CHANNELS, 1, WIDTH),
                    inputs.next("bias", CHANNELS),
                    null,
                    null)
                .y());
  }
}
