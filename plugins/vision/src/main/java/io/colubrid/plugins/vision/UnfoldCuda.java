package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Unfold} on a GPU: a copy, and for the gradient a sum over the windows of a place. */
record UnfoldCuda(Unfold unfold) implements CudaBody {

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return VisionLaunch.known(VisionLaunch.type(inputs, 0).dtype());
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    Shape grid = VisionLaunch.type(call.inputTypes(), 0).shape();
    long windows = unfold.windows(grid.dim(1)) * unfold.windows(grid.dim(2));
    long features = (long) unfold.size() * unfold.size() * grid.dim(3);
    launch(call, "unfold", call.input(0), call.output(0), grid.dim(0) * windows * features);
  }

  @Override
  public void backward(CudaCall call) {
    long elements = VisionLaunch.type(call.inputTypes(), 0).shape().elements();
    launch(call, "fold", call.outputGradient(0), call.inputGradient(0), elements);
  }

  private void launch(CudaCall call, String kernel, long from, long to, long elements) {
    TensorType x = VisionLaunch.type(call.inputTypes(), 0);
    long word = VisionLaunch.word(x, from, to);
    long[] grid = VisionLaunch.grid(x.shape(), word);
    call.launch(
        VisionLaunch.FATBIN,
        kernel + VisionLaunch.suffix(x.dtype()) + "_" + word,
        VisionLaunch.over(elements / word),
        VisionLaunch.THREADS,
        0,
        from,
        to,
        new long[] {
          grid[0],
          grid[1],
          grid[2],
          grid[3],
          unfold.windows(grid[1]),
          unfold.windows(grid[2]),
          unfold.size(),
          unfold.stride(),
          unfold.padding()
        },
        elements / word);
  }
}
