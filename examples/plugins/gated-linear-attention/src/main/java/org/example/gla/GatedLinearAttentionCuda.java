package org.example.gla;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link GatedLinearAttention} on a GPU. One kernel serves forward and backward; src/main/cuda
 * tells how.
 */
record GatedLinearAttentionCuda(int heads) implements CudaBody {
  private static final String FATBIN = "gated_linear_attention";
  private static final int WARP = 32;

  /** A thread has a row of S in registers, and a block all keys of a head. */
  private static final int MOST = 128;

  private static final int LEAST_COLUMNS = 16;

  /** Whether the jar has the kernels: it can be built where there is no compiler for them. */
  static boolean built() {
    return GatedLinearAttentionCuda.class.getResource(FATBIN + ".fatbin") != null;
  }

  /** Streams of F32 or BF16, all of one kind, and heads that fit into registers. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = type(inputs, GatedLinearAttention.Q).dtype();
    boolean alike = stream == DType.F32 || stream == DType.BF16;
    for (int index : new int[] {GatedLinearAttention.K, GatedLinearAttention.DECAY}) {
      alike &= type(inputs, index).dtype() == stream;
    }
    TensorType state = inputs.get(GatedLinearAttention.STATE);
    return alike
        && (state == null || state.dtype() == DType.F32)
        && size(inputs, GatedLinearAttention.K) <= MOST
        && size(inputs, GatedLinearAttention.V) <= MOST;
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  /** Of a head. */
  private long size(List<@Nullable TensorType> inputs, int index) {
    return type(inputs, index).shape().dim(2) / heads;
  }

  /** The state that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType state = inputs.get(GatedLinearAttention.STATE);
    return state == null ? List.of() : List.of(state);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != GatedLinearAttention.STATE;
  }

  /** q·dq and k·dk of each head and position, from which the gradient of the decay comes. */
  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return 2 * dotBytes(inputs);
  }

  private static long dotBytes(List<@Nullable TensorType> inputs) {
    return type(inputs, GatedLinearAttention.DECAY).shape().elements() * Float.BYTES;
  }

  @Override
  public void forward(CudaCall call) {
    long state = call.input(GatedLinearAttention.STATE);
    recurrence(
        call,
        false,
        true,
        call.input(GatedLinearAttention.V),
        call.input(GatedLinearAttention.K),
        call.input(GatedLinearAttention.Q),
        new States(state, call.saved(0), state),
        call.output(0),
        0,
        0);
  }

  @Override
  public void backward(CudaCall call) {
    long q = call.input(GatedLinearAttention.Q);
    long k = call.input(GatedLinearAttention.K);
    long v = call.input(GatedLinearAttention.V);
    long arriving = call.outputGradient(0);
    long entering = call.workspace();
    long leaving = entering + dotBytes(call.inputTypes());
    long dq = call.inputGradient(GatedLinearAttention.Q);
    long dk = call.inputGradient(GatedLinearAttention.K);
    boolean decay = call.wantsGradient(GatedLinearAttention.DECAY);
    if (decay || dq != 0) {
      States before = new States(call.saved(0), 0, 0);
      recurrence(call, false, false, k, v, arriving, before, dq, q, decay ? entering : 0);
    }
    if (decay || dk != 0) {
      recurrence(call, true, false, q, arriving, v, States.NONE, dk, k, decay ? leaving : 0);
    }
    long dv = call.inputGradient(GatedLinearAttention.V);
    if (dv != 0) {
      recurrence(call, true, true, arriving, q, k, States.NONE, dv, 0, 0);
    }
    if (decay) {
      decayGradient(call, entering, leaving);
    }
  }

  /** Addresses of S before and behind a row, and of a copy of what it was before. */
  private record States(long in, long copy, long out) {
    static final States NONE = new States(0, 0, 0);
  }

  /**
   * @param byValues whether a row of S is a value's, else a key's
   * @param out where what is read goes; 0 for nowhere
   * @param with what it is multiplied by for {@code dots}; 0 for nothing
   */
  private void recurrence(
      CudaCall call,
      boolean reversed,
      boolean byValues,
      long x,
      long y,
      long w,
      States states,
      long out,
      long with,
      long dots) {
    TensorType v = type(call.inputTypes(), GatedLinearAttention.V);
    long keys = size(call.inputTypes(), GatedLinearAttention.K);
    long values = size(call.inputTypes(), GatedLinearAttention.V);
    long rows = byValues ? values : keys;
    long columns = byValues ? keys : values;
    int threads = (int) Math.min(MOST, Math.ceilDiv(rows, WARP) * WARP);
    call.launch(
        FATBIN,
        "recurrence_%s_%d".formatted(name(v.dtype()), padded(columns)),
        new CudaCall.Grid(Math.ceilDiv(rows, threads), heads, v.shape().dim(0)),
        threads,
        0,
        x,
        y,
        w,
        call.input(GatedLinearAttention.DECAY),
        call.input(GatedLinearAttention.POSITIONS),
        states.in(),
        states.copy(),
        states.out(),
        out,
        with,
        dots,
        v.shape().dim(1),
        rows,
        columns,
        byValues ? new long[] {1, values} : new long[] {values, 1},
        reversed ? 1 : 0);
  }

  /** The least number of columns that there is a kernel for. */
  private static int padded(long columns) {
    int padded = LEAST_COLUMNS;
    while (padded < columns) {
      padded *= 2;
    }
    return padded;
  }

  private void decayGradient(CudaCall call, long entering, long leaving) {
    TensorType decay = type(call.inputTypes(), GatedLinearAttention.DECAY);
    call.launch(
        FATBIN,
        "decay_gradient_" + name(decay.dtype()),
        new CudaCall.Grid(heads, decay.shape().dim(0), 1),
        WARP,
        0,
        entering,
        leaving,
        call.input(GatedLinearAttention.POSITIONS),
        decay.shape().dim(1),
        call.hasInput(GatedLinearAttention.STATE) ? 1 : 0,
        call.inputGradient(GatedLinearAttention.DECAY));
  }

  private static String name(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }
}
