package io.colubrid.nn;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a scan.
 *
 * @param groups how its work is divided
 * @param states states a channel
 * @param reversed whether step 0 is the last position
 */
record ScanShape(ChannelGroups groups, int states, boolean reversed) {

  static ScanShape of(List<@Nullable TensorType> inputs, int lanes, boolean reversed) {
    Shape u = Objects.requireNonNull(inputs.get(SelectiveScan.U)).shape();
    Shape aLog = Objects.requireNonNull(inputs.get(SelectiveScan.A_LOG)).shape();
    return new ScanShape(ChannelGroups.of(u, lanes), Math.toIntExact(aLog.dim(1)), reversed);
  }

  int batch() {
    return groups.batch();
  }

  int length() {
    return groups.length();
  }

  int channels() {
    return groups.channels();
  }

  int lanes() {
    return groups.lanes();
  }

  /** Index of a step in [batch, length]. */
  long index(int batch, int step) {
    return (long) batch * length() + (reversed ? length() - 1 - step : step);
  }

  /** What is added to an index from one step to the next. */
  int direction() {
    return reversed ? -1 : 1;
  }

  /** Elements of b or c. */
  long weights() {
    return (long) batch() * length() * states;
  }

  /** Elements of the states [batch, channels, states]. */
  long allStates() {
    return (long) batch() * channels() * states;
  }

  /** Elements of u, and of all that has its shape. */
  long elements() {
    return groups.elements();
  }

  /** Elements of the states of all blocks of one row of the batch. */
  long paddedStates() {
    return groups.paddedChannels() * states;
  }

  /** Elements of the states that are kept for the backward pass: one set a tile. */
  long checkpoints() {
    return (long) batch() * groups.tiles() * paddedStates();
  }

  ScanLayout layout(boolean backward) {
    return new ScanLayout(lanes(), states, groups.groupBlocks(), backward);
  }
}
