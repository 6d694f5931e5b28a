package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.testkit.cuda.CudaTrial;
import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What the recurrence is tried on. */
final class SsdTrial {
  private SsdTrial() {}

  /** What is given besides the streams. */
  enum With {
    NOTHING,
    STATE,
    DOCUMENTS,
    BOTH;

    boolean state() {
      return this == STATE || this == BOTH;
    }

    boolean documents() {
      return this == DOCUMENTS || this == BOTH;
    }
  }

  static List<Operand> operands(
      Ssd op,
      Random random,
      int batch,
      int length,
      int heads,
      int headDim,
      double[] steps,
      With with) {
    List<Operand> operands = new ArrayList<>();
    long width = (long) heads * headDim + 2 * op.groups() * op.states();
    operands.add(Operand.stream(random, 1, batch, length, width));
    operands.add(new Operand(CudaTrial.Role.STREAM, Shape.of(batch, length, heads), steps));
    operands.add(Operand.parameter(random, 1, heads));
    operands.add(Operand.parameter(random, 1, heads));
    operands.add(Operand.parameter(random, 1, heads));
    if (with.state()) {
      operands.add(Operand.state(random, batch, heads, headDim, op.states()));
    }
    if (with.documents()) {
      operands.add(Operand.whole(segments(random, batch, length), batch, length));
    }
    return operands;
  }

  static List<Tensor> recur(Ssd op, Ops ops, List<Tensor> in, With with) {
    Ssd.Result result =
        op.apply(
            ops,
            new Ssd.Operands(
                in.get(0),
                in.get(1),
                in.get(2),
                in.get(3),
                in.get(4),
                with.state() ? in.get(5) : null,
                with.documents() ? in.getLast() : null));
    Tensor state = result.state();
    return state == null ? List.of(result.y()) : List.of(result.y(), state);
  }

  /** Documents of odd lengths with padding between and behind them. */
  private static int[] segments(Random random, int batch, int length) {
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int document = 0;
      int at = row * length;
      int end = at + length;
      while (at < end) {
        int next = Math.min(end, at + 1 + random.nextInt(90));
        Arrays.fill(segments, at, next, random.nextInt(5) == 0 ? -1 : document++);
        at = next;
      }
    }
    return segments;
  }
}
