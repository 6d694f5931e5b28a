package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link CrossMerge} on a GPU, in one pass each way. */
record CrossMergeCuda(CrossMerge merge) implements CudaBody {

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
    launch(
        call,
        "cross_merge",
        call.input(0),
        call.input(1),
        call.input(2),
        call.input(3),
        call.output(0));
  }

  @Override
  public void backward(CudaCall call) {
    launch(
        call,
        "cross_merge_gradient",
        call.outputGradient(0),
        call.inputGradient(0),
        call.inputGradient(1),
        call.inputGradient(2),
        call.inputGradient(3));
  }

  private void launch(CudaCall call, String kernel, long a, long b, long c, long d, long e) {
    TensorType way = VisionLaunch.type(call.inputTypes(), 0);
    long elements = way.shape().elements();
    call.launch(
        VisionLaunch.FATBIN,
        kernel + VisionLaunch.suffix(way.dtype()),
        VisionLaunch.over(elements),
        VisionLaunch.THREADS,
        0,
        a,
        b,
        c,
        d,
        e,
        new long[] {way.shape().dim(0), merge.height(), merge.width(), way.shape().dim(2)},
        elements);
  }
}
