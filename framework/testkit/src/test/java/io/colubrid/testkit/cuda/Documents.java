package io.colubrid.testkit.cuda;

import io.colubrid.testkit.cuda.CudaTrial.Operand;
import java.util.Arrays;
import java.util.Random;

/** Packed rows for tests. */
final class Documents {
  private static final int LONGEST = 40;

  private Documents() {}

  /** Segments [batch, length]: documents of odd lengths with padding between and behind them. */
  static Operand of(Random random, int batch, int length) {
    int[] segments = new int[batch * length];
    for (int row = 0; row < batch; row++) {
      int document = 0;
      int at = row * length;
      int end = at + length;
      while (at < end) {
        int next = Math.min(end, at + 1 + random.nextInt(LONGEST));
        Arrays.fill(segments, at, next, random.nextInt(5) == 0 ? -1 : document++);
        at = next;
      }
    }
    return Operand.whole(segments, batch, length);
  }
}
