package org.example.gla;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One head of one row at a time, in arrays that one thread uses again and again. */
final class HeadScan {
  private final CpuCall call;
  private final @Nullable MemorySegment before;
  private final int heads;
  private final int length;
  private final int keys;
  private final int values;
  private final float[] q;
  private final float[] k;
  private final float[] v;
  private final float[] out;
  private final float[] state;

  /**
   * @param before S before the first position, or null for zeros
   */
  HeadScan(CpuCall call, int heads, @Nullable MemorySegment before) {
    Shape keyed = requireNonNull(call.inputTypes().get(GatedLinearAttention.Q)).shape();
    Shape valued = requireNonNull(call.inputTypes().get(GatedLinearAttention.V)).shape();
    this.call = call;
    this.before = before;
    this.heads = heads;
    length = (int) keyed.dim(1);
    keys = (int) keyed.dim(2) / heads;
    values = (int) valued.dim(2) / heads;
    q = new float[keys];
    k = new float[keys];
    v = new float[values];
    out = new float[values];
    state = new float[keys * values];
  }

  /**
   * @param after where S behind the last position goes, or null
   */
  void forward(int row, int head, @Nullable MemorySegment after) {
    start(row, head);
    boolean begun = false;
    for (int t = 0; t < length; t++) {
      Arrays.fill(out, 0);
      if (position(row, t) >= 0) {
        advance(row, head, t, begun);
        begun = true;
        read(GatedLinearAttention.Q, q, row, head, t);
        for (int i = 0; i < keys; i++) {
          for (int j = 0; j < values; j++) {
            out[j] += q[i] * state[i * values + j];
          }
        }
      }
      write(call.output(0), out, row, head, t);
    }
    if (after != null) {
      long at = (long) (row * heads + head) * state.length;
      MemorySegment.copy(state, 0, after, JAVA_FLOAT, at * Float.BYTES, state.length);
    }
  }

  /**
   * Forward once more for the gradient of q; then backward, with the gradient of S in its place,
   * for those of k and v. The gradient of g at a position is what q·dq − k·dk sums up to from there
   * to the document's end.
   */
  void backward(int row, int head) {
    double[] decays = new double[length];
    float[] dq = new float[keys];
    start(row, head);
    boolean begun = false;
    for (int t = 0; t < length; t++) {
      Arrays.fill(dq, 0);
      if (position(row, t) >= 0) {
        advance(row, head, t, begun);
        begun = true;
        read(GatedLinearAttention.Q, q, row, head, t);
        MemorySegment.copy(
            call.outputGradient(0), JAVA_FLOAT, place(values, row, head, t), out, 0, values);
        for (int i = 0; i < keys; i++) {
          dq[i] = (float) dot(state, i * values, out);
          decays[t] += (double) q[i] * dq[i];
        }
      }
      put(GatedLinearAttention.Q, dq, row, head, t);
    }
    retreat(row, head, decays);
  }

  private void retreat(int row, int head, double[] decays) {
    float[] dk = new float[keys];
    float[] dv = new float[values];
    float[] dg = new float[1];
    double rest = 0;
    Arrays.fill(state, 0);
    int first = first(row);
    for (int t = length - 1; t >= 0; t--) {
      Arrays.fill(dk, 0);
      Arrays.fill(dv, 0);
      dg[0] = 0;
      if (position(row, t) >= 0) {
        gather(row, head, t);
        for (int i = 0; i < keys; i++) {
          dk[i] = (float) dot(state, i * values, v);
          decays[t] -= (double) k[i] * dk[i];
          for (int j = 0; j < values; j++) {
            dv[j] += k[i] * state[i * values + j];
          }
        }
        rest += decays[t];
        boolean fresh = position(row, t) == 0 && (t != first || before == null);
        dg[0] = fresh ? 0 : (float) rest;
        rest = fresh ? 0 : rest;
        fade(fresh ? 0 : decay(row, head, t));
      }
      put(GatedLinearAttention.K, dk, row, head, t);
      put(GatedLinearAttention.V, dv, row, head, t);
      put(GatedLinearAttention.DECAY, dg, row, head, t);
    }
  }

  /** Adds q·doᵀ to the gradient of S. */
  private void gather(int row, int head, int t) {
    read(GatedLinearAttention.Q, q, row, head, t);
    read(GatedLinearAttention.K, k, row, head, t);
    read(GatedLinearAttention.V, v, row, head, t);
    MemorySegment.copy(
        call.outputGradient(0), JAVA_FLOAT, place(values, row, head, t), out, 0, values);
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < values; j++) {
        state[i * values + j] += q[i] * out[j];
      }
    }
  }

  private void start(int row, int head) {
    if (before == null) {
      Arrays.fill(state, 0);
    } else {
      long at = (long) (row * heads + head) * state.length;
      MemorySegment.copy(before, JAVA_FLOAT, at * Float.BYTES, state, 0, state.length);
    }
  }

  /** S = exp(g)·S + k·vᵀ; a document behind another one starts from zeros. */
  private void advance(int row, int head, int t, boolean begun) {
    read(GatedLinearAttention.K, k, row, head, t);
    read(GatedLinearAttention.V, v, row, head, t);
    boolean fresh = begun && position(row, t) == 0;
    float kept = fresh ? 0 : decay(row, head, t);
    for (int i = 0; i < keys; i++) {
      for (int j = 0; j < values; j++) {
        state[i * values + j] = kept * state[i * values + j] + k[i] * v[j];
      }
    }
  }

  private void fade(float kept) {
    for (int i = 0; i < state.length; i++) {
      state[i] *= kept;
    }
  }

  private static double dot(float[] matrix, int from, float[] vector) {
    double sum = 0;
    for (int j = 0; j < vector.length; j++) {
      sum += (double) matrix[from + j] * vector[j];
    }
    return sum;
  }

  private float decay(int row, int head, int t) {
    MemorySegment g = call.input(GatedLinearAttention.DECAY);
    return (float) Math.exp(g.getAtIndex(JAVA_FLOAT, (long) (row * length + t) * heads + head));
  }

  /** The first position that is no padding. */
  private int first(int row) {
    int t = 0;
    while (t < length && position(row, t) < 0) {
      t++;
    }
    return t;
  }

  private int position(int row, int t) {
    return call.hasInput(GatedLinearAttention.POSITIONS)
        ? call.input(GatedLinearAttention.POSITIONS).getAtIndex(JAVA_INT, (long) row * length + t)
        : t;
  }

  /** Offset of a head's features in bytes. */
  private long place(int size, int row, int head, int t) {
    return (((long) row * length + t) * heads + head) * size * Float.BYTES;
  }

  private void read(int input, float[] into, int row, int head, int t) {
    long at = place(into.length, row, head, t);
    MemorySegment.copy(call.input(input), JAVA_FLOAT, at, into, 0, into.length);
  }

  private void write(MemorySegment to, float[] from, int row, int head, int t) {
    MemorySegment.copy(from, 0, to, JAVA_FLOAT, place(from.length, row, head, t), from.length);
  }

  private void put(int input, float[] gradient, int row, int head, int t) {
    if (call.wantsGradient(input)) {
      write(call.inputGradient(input), gradient, row, head, t);
    }
  }
}
