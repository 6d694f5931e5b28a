package io.colubrid.nn;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a scan is divided on a GPU. A block takes some channels of a row of the batch through a chunk
 * of the length, tile by tile. There is more than one chunk only where channels alone would leave
 * the GPU idle: their ends must be found first, which may cost up to half a scan.
 *
 * <p>It depends on the shape alone, as what is summed over chunks must not vary.
 */
record ScanGrid(
    DType stream, long batch, long length, long channels, long states, boolean backward) {
  static final int THREADS = 128;
  static final int MOST_STATES = 64;

  private static final int LANES = 4;
  private static final int THREAD_CHANNELS = THREADS / LANES;

  /** Blocks that a large GPU works on at a time. */
  private static final int WANTED_BLOCKS = 528;

  private static final int WANTED_BACKWARD_BLOCKS = 264;

  /** Steps that make a chunk worth its while. */
  private static final int FEWEST_STEPS = 256;

  static ScanGrid forward(List<@Nullable TensorType> inputs) {
    return of(inputs, false);
  }

  static ScanGrid backward(List<@Nullable TensorType> inputs) {
    return of(inputs, true);
  }

  private static ScanGrid of(List<@Nullable TensorType> inputs, boolean backward) {
    TensorType u = Objects.requireNonNull(inputs.get(SelectiveScan.U));
    Shape aLog = Objects.requireNonNull(inputs.get(SelectiveScan.A_LOG)).shape();
    Shape stream = u.shape();
    return new ScanGrid(
        u.dtype(), stream.dim(0), stream.dim(1), stream.dim(2), aLog.dim(1), backward);
  }

  /** States on each of the lanes of a channel. */
  int each() {
    return states <= LANES ? 1 : states <= 4 * LANES ? 4 : MOST_STATES / LANES;
  }

  /** Ends the name of a kernel. */
  String suffix() {
    return "_" + dtype() + "_" + each();
  }

  String dtype() {
    return stream.name().toLowerCase(Locale.ROOT);
  }

  /** Steps of a tile. */
  int tile() {
    return each() > 4 ? 16 : 32;
  }

  long tiles() {
    return Math.ceilDiv(length, tile());
  }

  /** Channels of a block. Going back with two a thread halves what must be summed over blocks. */
  private int blockChannels() {
    boolean two = backward && stream == DType.BF16 && each() == 4;
    return two ? 2 * THREAD_CHANNELS : THREAD_CHANNELS;
  }

  /** Blocks that share the channels of a row of the batch. */
  long blocks() {
    return Math.ceilDiv(channels, blockChannels());
  }

  /** Steps of a chunk, whole tiles. */
  long chunk() {
    long most = Math.max(1, Math.ceilDiv(length, FEWEST_STEPS));
    long rows = Math.max(1, batch * blocks());
    long wanted = (backward ? WANTED_BACKWARD_BLOCKS : WANTED_BLOCKS) / rows;
    long steps = Math.ceilDiv(length, Math.clamp(wanted, 1, most));
    return Math.max(1, Math.ceilDiv(steps, tile())) * tile();
  }

  long chunks() {
    return Math.ceilDiv(length, chunk());
  }

  CudaCall.Grid grid() {
    return new CudaCall.Grid(blocks(), batch, chunks());
  }

  /** All chunks but one, for what they hand on. */
  CudaCall.Grid endsGrid() {
    return new CudaCall.Grid(Math.ceilDiv(channels, THREAD_CHANNELS), batch, chunks() - 1);
  }

  /** Elements of B or C. */
  long weights() {
    return batch * length * states;
  }

  /** Elements of a state of all channels, for a number of rows. */
  long statesOf(long rows) {
    return rows * batch * channels * states;
  }

  /** Sums over channels, for a number of rows. */
  long channelsOf(long rows) {
    return rows * batch * channels;
  }

  /** Dynamic shared memory of a block that goes back: struct Shared of backward.cuh. */
  int backwardSharedBytes() {
    int channels = blockChannels();
    int streams = 2 * 4 * tile() * (channels + 8) * stream.bytes();
    int width = LANES * each();
    int weights = 2 * 2 * tile() * width * Float.BYTES;
    int perThread = tile() / LANES * (channels / THREAD_CHANNELS) * (each() + 1);
    int sums = THREADS / 32 * 2 * tile() * width * Float.BYTES;
    int marks = 2 * tile() * Integer.BYTES;
    return streams + weights + perThread * THREADS * Float.BYTES + sums + marks;
  }
}
