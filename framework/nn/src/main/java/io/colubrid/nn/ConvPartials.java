package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Parts of the gradients of weights and bias, one a row of the batch, [blocks, width + 1, lanes]:
 * they are added in the order of the rows.
 */
final class ConvPartials {
  private static final long ALIGNMENT = 64;

  private final ChannelGroups groups;
  private final ConvLayout layout;
  private final long memory;
  private final long biases;

  ConvPartials(ChannelGroups groups, ConvLayout layout, MemorySegment workspace) {
    this.groups = groups;
    this.layout = layout;
    memory = Addresses.of(workspace, bytes(groups, layout) / 4);
    biases = (long) groups.batch() * groups.blocks() * layout.width * layout.vector;
  }

  static long bytes(ChannelGroups groups, ConvLayout layout) {
    long bytes = (long) groups.batch() * groups.blocks() * (layout.width + 1) * layout.vector;
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Takes what a group has gathered over all steps. */
  void collect(long scratch, int batch, int group) {
    int first = group * groups.groupBlocks();
    int blocks = Math.min(groups.groupBlocks(), groups.blocks() - first);
    long block = (long) batch * groups.blocks() + first;
    long taps = layout.width * layout.vector;
    Addresses.copy(scratch + layout.gradWeights, memory + block * taps, blocks * taps);
    long to = memory + biases + block * layout.vector;
    Addresses.copy(scratch + layout.gradBias, to, blocks * layout.vector);
  }

  /** Adds the parts up and writes the gradients that are wanted. */
  void reduce(CpuCall call) {
    if (call.wantsGradient(CausalConv1d.WEIGHT)) {
      MemorySegment out = call.inputGradient(CausalConv1d.WEIGHT);
      for (int d = 0; d < groups.channels(); d++) {
        for (int k = 0; k < layout.width; k++) {
          out.setAtIndex(JAVA_FLOAT, (long) d * layout.width + k, sum(0, layout.width, k, d));
        }
      }
    }
    if (call.hasInput(CausalConv1d.BIAS) && call.wantsGradient(CausalConv1d.BIAS)) {
      MemorySegment out = call.inputGradient(CausalConv1d.BIAS);
      for (int d = 0; d < groups.channels(); d++) {
        out.setAtIndex(JAVA_FLOAT, d, sum(biases, 1, 0, d));
      }
    }
  }

  /** Sum over the batch of [batch, blocks, vectors, lanes] at one vector of a channel's block. */
  private float sum(long base, int vectors, int vector, int channel) {
    int lanes = groups.lanes();
    float sum = 0;
    for (int row = 0; row < groups.batch(); row++) {
      long block = (long) row * groups.blocks() + channel / lanes;
      long at = (block * vectors + vector) * layout.vector + 4L * (channel % lanes);
      sum += Addresses.get(memory + base + at);
    }
    return sum;
  }
}
