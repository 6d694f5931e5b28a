package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link SwiGlu} on a GPU, in one pass over memory in each direction. Backward computes the sigmoid
 * again, which costs less than to read it.
 */
final class SwiGluCuda implements CudaBody {
  static final SwiGluCuda BODY = new SwiGluCuda();

  private static final String FATBIN = "swiglu";
  private static final int THREADS = 256;
  private static final long BYTES_A_THREAD = 16;
  private static final long MOST_BLOCKS = 1 << 20;

  private SwiGluCuda() {}

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = requireNonNull(inputs.get(SwiGlu.GATE)).dtype();
    return stream == DType.F32 || stream == DType.BF16;
  }

  @Override
  public void forward(CudaCall call) {
    TensorType type = requireNonNull(call.inputTypes().get(SwiGlu.GATE));
    call.launch(
        FATBIN,
        "swiglu_forward_" + suffix(type),
        grid(type),
        THREADS,
        0,
        call.input(SwiGlu.GATE),
        call.input(SwiGlu.UP),
        call.output(0),
        type.shape().elements());
  }

  @Override
  public void backward(CudaCall call) {
    TensorType type = requireNonNull(call.inputTypes().get(SwiGlu.GATE));
    call.launch(
        FATBIN,
        "swiglu_backward_" + suffix(type),
        grid(type),
        THREADS,
        0,
        call.input(SwiGlu.GATE),
        call.input(SwiGlu.UP),
        call.outputGradient(0),
        call.inputGradient(SwiGlu.GATE),
        call.inputGradient(SwiGlu.UP),
        type.shape().elements());
  }

  private static String suffix(TensorType type) {
    return type.dtype().name().toLowerCase(Locale.ROOT);
  }

  private static CudaCall.Grid grid(TensorType type) {
    long blocks = Math.ceilDiv(type.bytes(), THREADS * BYTES_A_THREAD);
    return CudaCall.Grid.of(Math.min(blocks, MOST_BLOCKS));
  }
}
