package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Extents of a recurrence, and where things lie in its operands, in elements.
 *
 * @param headDim channels a head
 * @param chunk positions that are multiplied as one matrix
 */
record SsdShape(int batch, int length, int heads, int headDim, int groups, int states, int chunk) {
  /** Rows of a chunk that are multiplied together; those above the diagonal cost nothing. */
  static final int TILE = 64;

  private static final int WANTED_BLOCKS = 8;

  static SsdShape of(Ssd op, List<@Nullable TensorType> inputs) {
    Shape xBC = Objects.requireNonNull(inputs.get(Ssd.XBC)).shape();
    int heads = Math.toIntExact(Objects.requireNonNull(inputs.get(Ssd.A_LOG)).shape().dim(0));
    int length = Math.toIntExact(xBC.dim(1));
    return new SsdShape(
        Math.toIntExact(xBC.dim(0)),
        length,
        heads,
        Math.toIntExact((xBC.dim(2) - 2 * op.groups() * op.states()) / heads),
        Math.toIntExact(op.groups()),
        Math.toIntExact(op.states()),
        Math.clamp(length, 1, op.chunk()));
  }

  int inner() {
    return heads * headDim;
  }

  /** Elements of a row of xBC. */
  int width() {
    return inner() + 2 * groups * states;
  }

  int chunks() {
    return Math.ceilDiv(length, chunk);
  }

  int headsOfGroup() {
    return heads / groups;
  }

  /**
   * Heads that one thread takes through one row of the batch. They belong to one group. It depends
   * on the shape alone, so that sums over blocks come out the same on any number of threads.
   */
  int headsOfBlock() {
    int wanted = Math.ceilDiv(WANTED_BLOCKS, Math.max(1, batch * groups));
    return Math.ceilDiv(headsOfGroup(), Math.min(wanted, headsOfGroup()));
  }

  int blocksOfGroup() {
    return Math.ceilDiv(headsOfGroup(), headsOfBlock());
  }

  /** Blocks of all groups and rows of the batch; they are independent of each other. */
  int blocks() {
    return batch * groups * blocksOfGroup();
  }

  /** Elements of the state of one head. */
  long stateOfHead() {
    return (long) headDim * states;
  }

  /** Pairs of positions in the tiles of all chunks of one row of the batch. */
  private long pairs() {
    long pairs = 0;
    for (int from = 0; from < length; from += chunk) {
      int steps = Math.min(chunk, length - from);
      for (int row = 0; row < steps; row += TILE) {
        int to = Math.min(row + TILE, steps);
        pairs += (long) (to - row) * to;
      }
    }
    return pairs;
  }

  /** Positions of one row of the batch that a state reaches from a chunk before them. */
  private long reached(boolean initial) {
    return initial ? length : Math.max(0, length - chunk);
  }

  /**
   * A group's C·Bᵀ, a head's product of that with x, and for each position a state to y and to the
   * next state.
   */
  long flops(boolean initial) {
    long inChunks = pairs() * ((long) groups * states + inner());
    long skip = (long) length * inner();
    long ofStates = (length + reached(initial)) * inner() * states;
    return 2L * batch * (inChunks + ofStates + skip);
  }

  /** C·Bᵀ again, two products for a group's B and C, two of each head, and four with states. */
  long backwardFlops() {
    long inChunks = pairs() * (3L * groups * states + 2L * inner());
    long ofStates = 4 * reached(false) * inner() * states;
    return 2L * batch * (inChunks + ofStates + 2L * length * inner());
  }
}
