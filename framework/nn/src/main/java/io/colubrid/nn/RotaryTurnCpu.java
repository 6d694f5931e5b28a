package io.colubrid.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link RotaryTurn} on the CPU, in one pass over memory in each direction; backward turns by the
 * opposite angle and needs nothing of the forward pass.
 *
 * <p>Sines are dear, so the turn to a position is made of two: to a multiple of {@link #STRIDE},
 * which neighbours share, and on from there, from a table.
 */
final class RotaryTurnCpu implements CpuBody {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int STRIDE = 64;
  private static final int TOKENS_WORTH_A_THREAD = 16;

  private final double[] frequencies;
  private final double[] fineCos;
  private final double[] fineSin;

  RotaryTurnCpu(double[] frequencies) {
    int half = frequencies.length;
    this.frequencies = frequencies;
    this.fineCos = new double[STRIDE * half];
    this.fineSin = new double[STRIDE * half];
    for (int i = 0; i < fineCos.length; i++) {
      int position = i / half;
      double angle = position * frequencies[i % half];
      fineCos[i] = Math.cos(angle);
      fineSin[i] = Math.sin(angle);
    }
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != RotaryTurn.X;
  }

  /** For each thread the cosines and sines of one position. */
  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return threads * scratchBytes();
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return threads * scratchBytes();
  }

  private long scratchBytes() {
    return (8L * frequencies.length + 63) / 64 * 64;
  }

  @Override
  public void forward(CpuCall call) {
    turn(call, call.input(RotaryTurn.X), call.output(0), 1);
  }

  @Override
  public void backward(CpuCall call) {
    if (call.wantsGradient(RotaryTurn.X)) {
      turn(call, call.outputGradient(0), call.inputGradient(RotaryTurn.X), -1);
    }
  }

  private void turn(CpuCall call, MemorySegment x, MemorySegment out, int direction) {
    Shape shape = requireNonNull(call.inputTypes().get(RotaryTurn.X)).shape();
    long tokens = shape.dim(0) * shape.dim(1);
    long parts =
        Math.min(call.parallel().threads(), Math.ceilDiv(tokens, (long) TOKENS_WORTH_A_THREAD));
    call.parallel()
        .forEachRange(
            parts,
            1,
            (first, last) -> {
              for (long part = first; part < last; part++) {
                long at = part * scratchBytes();
                MemorySegment scratch = call.workspace().asSlice(at, scratchBytes());
                var turn = new Turn(call, shape, x, out, direction, scratch);
                turn.tokens(tokens * part / parts, tokens * (part + 1) / parts);
              }
            });
  }

  /** A part of the tokens, on one thread. */
  private final class Turn {
    private final MemorySegment x;
    private final MemorySegment out;
    private final MemorySegment scratch;
    private final @Nullable MemorySegment positions;
    private final @Nullable MemorySegment offsets;
    private final long length;
    private final long heads;
    private final int direction;
    private final int half = frequencies.length;
    private final double[] coarseCos = new double[half];
    private final double[] coarseSin = new double[half];
    private int coarse;

    Turn(
        CpuCall call,
        Shape shape,
        MemorySegment x,
        MemorySegment out,
        int direction,
        MemorySegment scratch) {
      this.x = x;
      this.out = out;
      this.scratch = scratch;
      this.direction = direction;
      this.length = shape.dim(1);
      this.heads = shape.dim(2);
      boolean placed = call.hasInput(RotaryTurn.POSITIONS);
      this.positions = placed ? call.input(RotaryTurn.POSITIONS) : null;
      boolean moved = call.hasInput(RotaryTurn.OFFSETS);
      this.offsets = moved ? call.input(RotaryTurn.OFFSETS) : null;
      turnCoarselyTo(0);
    }

    void tokens(long from, long to) {
      for (long token = from; token < to; token++) {
        setAngles(position(token));
        for (long head = 0; head < heads; head++) {
          head(8L * half * (token * heads + head));
        }
      }
    }

    private int position(long token) {
      int position =
          positions == null ? (int) (token % length) : positions.getAtIndex(JAVA_INT, token);
      return offsets == null ? position : position + offsets.getAtIndex(JAVA_INT, token / length);
    }

    private void turnCoarselyTo(int multiple) {
      coarse = multiple;
      for (int i = 0; i < half; i++) {
        double angle = (double) multiple * STRIDE * frequencies[i];
        coarseCos[i] = Math.cos(angle);
        coarseSin[i] = Math.sin(angle);
      }
    }

    /** Puts the cosines and then the sines of a position into the scratch memory. */
    private void setAngles(int position) {
      if (Math.floorDiv(position, STRIDE) != coarse) {
        turnCoarselyTo(Math.floorDiv(position, STRIDE));
      }
      int fine = Math.floorMod(position, STRIDE) * half;
      for (int i = 0; i < half; i++) {
        double cos = coarseCos[i] * fineCos[fine + i] - coarseSin[i] * fineSin[fine + i];
        double sin = coarseSin[i] * fineCos[fine + i] + coarseCos[i] * fineSin[fine + i];
        scratch.setAtIndex(JAVA_FLOAT, i, (float) cos);
        scratch.setAtIndex(JAVA_FLOAT, half + i, (float) (direction * sin));
      }
    }

    private void head(long at) {
      long shift = 4L * half;
      int i = 0;
      for (; i < FLOATS.loopBound(half); i += FLOATS.length()) {
        long here = at + 4L * i;
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, x, here, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, x, here + shift, ORDER);
        FloatVector cos = FloatVector.fromMemorySegment(FLOATS, scratch, 4L * i, ORDER);
        FloatVector sin = FloatVector.fromMemorySegment(FLOATS, scratch, shift + 4L * i, ORDER);
        a.mul(cos).sub(b.mul(sin)).intoMemorySegment(out, here, ORDER);
        b.mul(cos).add(a.mul(sin)).intoMemorySegment(out, here + shift, ORDER);
      }
      for (; i < half; i++) {
        long here = at + 4L * i;
        float a = x.get(JAVA_FLOAT, here);
        float b = x.get(JAVA_FLOAT, here + shift);
        float cos = scratch.get(JAVA_FLOAT, 4L * i);
        float sin = scratch.get(JAVA_FLOAT, shift + 4L * i);
        out.set(JAVA_FLOAT, here, a * cos - b * sin);
        out.set(JAVA_FLOAT, here + shift, b * cos + a * sin);
      }
    }
  }
}
