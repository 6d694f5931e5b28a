package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link Ssd} on a GPU: states from chunk to chunk, then all chunks at once as products of matrices
 * on the tensor cores. Backward finds the states again, since they cost less than they take.
 */
record SsdCuda(Ssd op) implements CudaBody {
  private static final int MOST_STATES = 256;

  /** Streams of F32 or BF16, all of one kind; parameters and states of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = stream(inputs);
    TensorType state = inputs.get(Ssd.STATE);
    return (stream == DType.F32 || stream == DType.BF16)
        && Objects.requireNonNull(inputs.get(Ssd.DELTA)).dtype() == stream
        && (state == null || state.dtype() == DType.F32)
        && op.states() <= MOST_STATES;
  }

  private static DType stream(List<@Nullable TensorType> inputs) {
    return Objects.requireNonNull(inputs.get(Ssd.XBC)).dtype();
  }

  private SsdCudaPlan plan(List<@Nullable TensorType> inputs, boolean backward) {
    return new SsdCudaPlan(SsdShape.of(op, inputs), stream(inputs), backward);
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
    return plan(inputs, false).bytes();
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return plan(inputs, true).bytes();
  }

  @Override
  public void forward(CudaCall call) {
    new SsdCudaLaunches(op, call, plan(call.inputTypes(), false)).forward();
  }

  @Override
  public void backward(CudaCall call) {
    new SsdCudaLaunches(op, call, plan(call.inputTypes(), true)).backward();
  }
}
