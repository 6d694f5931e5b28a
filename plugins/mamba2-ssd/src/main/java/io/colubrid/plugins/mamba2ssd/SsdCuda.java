package io.colubrid.plugins.mamba2ssd;

import io.colubrid.nn.RoundedState;
import io.colubrid.plugins.mamba2ssd.SsdCudaPlan.Pass;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link Ssd} on a GPU: states from chunk to chunk, then all chunks at once as products of matrices
 * on the tensor cores. On compute capability 9.0 heads of 64 channels with 128 states take states
 * and outputs in one pass. Backward finds the states again, since they cost less than they take.
 */
record SsdCuda(Ssd op) implements CudaBody {
  private static final int MOST_STATES = 256;
  private static final int HOPPER = 90;

  /**
   * Streams of F32 or BF16, all of one kind; parameters and states of F32. A single step takes
   * states of BF16 as well.
   */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = stream(inputs);
    TensorType state = inputs.get(Ssd.STATE);
    boolean step = Objects.requireNonNull(inputs.get(Ssd.XBC)).shape().dim(1) == 1;
    return (stream == DType.F32 || stream == DType.BF16)
        && Objects.requireNonNull(inputs.get(Ssd.DELTA)).dtype() == stream
        && (state == null || state.dtype() == DType.F32 || step && RoundedState.is(state))
        && op.states() <= MOST_STATES;
  }

  @Override
  public int wholeState(List<@Nullable TensorType> inputs) {
    return inputs.get(Ssd.STATE) == null ? -1 : Ssd.STATE;
  }

  /** Rounded states are for generation. */
  @Override
  public boolean hasBackward(List<@Nullable TensorType> inputs) {
    return !RoundedState.is(inputs.get(Ssd.STATE));
  }

  private static DType stream(List<@Nullable TensorType> inputs) {
    return Objects.requireNonNull(inputs.get(Ssd.XBC)).dtype();
  }

  private SsdCudaPlan plan(List<@Nullable TensorType> inputs, Pass pass) {
    return new SsdCudaPlan(SsdShape.of(op, inputs), stream(inputs), pass);
  }

  private boolean recurs(List<@Nullable TensorType> inputs) {
    return SsdCudaPlan.recurs(SsdShape.of(op, inputs), stream(inputs));
  }

  /** The state that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType state = inputs.get(Ssd.STATE);
    return state == null ? List.of() : List.of(state);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != Ssd.STATE;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    long bytes = plan(inputs, Pass.CHUNKS).bytes();
    return recurs(inputs) ? Math.max(bytes, plan(inputs, Pass.RECURRENCE).bytes()) : bytes;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return plan(inputs, Pass.BACKWARD).bytes();
  }

  @Override
  public void forward(CudaCall call) {
    SsdCudaLaunches launches = new SsdCudaLaunches(op, call, plan(call.inputTypes(), Pass.CHUNKS));
    if (call.capability() == HOPPER && recurs(call.inputTypes())) {
      SsdCudaLaunches once =
          new SsdCudaLaunches(op, call, plan(call.inputTypes(), Pass.RECURRENCE));
      if (once.aligned()) {
        launches = once;
      }
    }
    launches.forward();
  }

  /** A step of BF16 with a state, of some rows. */
  @Override
  public boolean gatesRows(List<@Nullable TensorType> inputs) {
    Shape xbc = Objects.requireNonNull(inputs.get(Ssd.XBC)).shape();
    return xbc.dim(1) == 1
        && RowNorm.isOfSome(xbc.dim(0))
        && stream(inputs) == DType.BF16
        && inputs.get(Ssd.STATE) != null;
  }

  @Override
  public long gatedSums(CudaCall call) {
    return new SsdCudaLaunches(op, call, plan(call.inputTypes(), Pass.CHUNKS)).gatedSums();
  }

  @Override
  public void backward(CudaCall call) {
    new SsdCudaLaunches(op, call, plan(call.inputTypes(), Pass.BACKWARD)).backward();
  }
}
