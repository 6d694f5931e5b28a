package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link RotaryTurn} on a GPU, in one pass over memory in each direction; backward turns by the
 * opposite angle. Angles are taken in double, once for all heads of a token.
 */
final class RotaryTurnCuda implements CudaBody {
  private static final String FATBIN = "rotary";
  private static final int MOST_PAIRS = 256;
  private static final int THREADS = 128;
  private static final int TABLE = 512;
  private static final int MOST_TOKENS_A_BLOCK = 8;

  private final int half;

  /** Whole turns a position, as bits of doubles. */
  private final long[] turns;

  RotaryTurnCuda(double[] frequencies) {
    this.half = frequencies.length;
    this.turns = new long[Math.max(MOST_PAIRS, half)];
    for (int i = 0; i < half; i++) {
      turns[i] = Double.doubleToRawLongBits(frequencies[i] / (2 * Math.PI));
    }
  }

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = requireNonNull(inputs.get(RotaryTurn.X)).dtype();
    return (stream == DType.F32 || stream == DType.BF16) && half <= MOST_PAIRS;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != RotaryTurn.X;
  }

  @Override
  public void forward(CudaCall call) {
    turn(call, call.input(RotaryTurn.X), call.output(0), 1);
  }

  @Override
  public void backward(CudaCall call) {
    if (call.wantsGradient(RotaryTurn.X)) {
      turn(call, call.outputGradient(0), call.inputGradient(RotaryTurn.X), -1);
    }
  }

  private void turn(CudaCall call, long x, long out, float direction) {
    TensorType type = requireNonNull(call.inputTypes().get(RotaryTurn.X));
    Shape shape = type.shape();
    long tokens = half == 0 || shape.dim(2) == 0 ? 0 : shape.dim(0) * shape.dim(1);
    int held = tokensOfBlock(tokens, call.multiprocessors());
    call.launch(
        FATBIN,
        "rotary_" + type.dtype().name().toLowerCase(Locale.ROOT),
        CudaCall.Grid.of(Math.ceilDiv(tokens, (long) held)),
        THREADS,
        0,
        x,
        out,
        call.input(RotaryTurn.POSITIONS),
        call.input(RotaryTurn.OFFSETS),
        shape.dim(1),
        tokens,
        held,
        Math.toIntExact(shape.dim(2)),
        half,
        direction,
        turns);
  }

  /** Few enough that all multiprocessors have work. */
  private int tokensOfBlock(long tokens, int multiprocessors) {
    long shared = tokens / (8L * multiprocessors);
    int most = Math.clamp(TABLE / Math.max(1, half), 1, MOST_TOKENS_A_BLOCK);
    return Math.clamp(shared, 1, most);
  }
}
