package io.colubrid.plugins.vision;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** {@link CrossSplit} on a GPU: one copy to all ways, and one back. */
record CrossSplitCuda(CrossSplit split) implements CudaBody {

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType grid = VisionLaunch.type(inputs, CrossSplit.GRID);
    return VisionLaunch.known(grid.dtype())
        && grid.dtype() == VisionLaunch.type(inputs, CrossSplit.ALL).dtype();
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return false;
  }

  /** Of which both gradients are needed where one is wanted, since one launch writes them. */
  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return Math.max(
        VisionLaunch.type(inputs, CrossSplit.GRID).bytes(),
        VisionLaunch.type(inputs, CrossSplit.ALL).bytes());
  }

  @Override
  public void forward(CudaCall call) {
    launch(
        call, "cross_split", call.input(CrossSplit.GRID), call.input(CrossSplit.ALL), call::output);
  }

  @Override
  public void backward(CudaCall call) {
    launch(
        call,
        "cross_split_gradient",
        orScratch(call, CrossSplit.GRID),
        orScratch(call, CrossSplit.ALL),
        call::outputGradient);
  }

  private static long orScratch(CudaCall call, int input) {
    return call.wantsGradient(input) ? call.inputGradient(input) : call.workspace();
  }

  private void launch(
      CudaCall call, String kernel, long grid, long all, IntToLongFunction outputs) {
    TensorType type = VisionLaunch.type(call.inputTypes(), CrossSplit.GRID);
    int each = CrossScan.WAYS * CrossSplit.PARTS;
    long[] ways = new long[1 + each + CrossSplit.PARTS];
    for (int i = 0; i <= each; i++) {
      ways[i] = outputs.applyAsLong(i);
    }
    System.arraycopy(split.widths(), 0, ways, 1 + each, CrossSplit.PARTS);
    long elements =
        type.shape().elements()
            + VisionLaunch.type(call.inputTypes(), CrossSplit.ALL).shape().elements();
    call.launch(
        VisionLaunch.FATBIN,
        kernel + VisionLaunch.suffix(type.dtype()),
        VisionLaunch.over(elements),
        VisionLaunch.THREADS,
        0,
        grid,
        all,
        ways,
        VisionLaunch.grid(type.shape(), 1),
        elements);
  }
}
