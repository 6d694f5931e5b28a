package io.colubrid.runtime.training;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link GlobalNormClip} on a GPU: every block leaves its sum of squares in the workspace, and one
 * more block adds these up in their order.
 */
record GlobalNormClipCuda() implements CudaBody {
  private static final String FATBIN = "clip";
  private static final int THREADS = 256;
  private static final long MOST_BLOCKS = 2112;
  private static final long ELEMENTS_A_BLOCK = 16 * THREADS;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return true;
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  private static long elements(List<@Nullable TensorType> inputs, int gradient) {
    return requireNonNull(inputs.get(gradient)).shape().elements();
  }

  private static long blocks(long elements) {
    return Math.min(Math.ceilDiv(elements, ELEMENTS_A_BLOCK), MOST_BLOCKS);
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    long blocks = 0;
    for (int i = 0; i < inputs.size() - 1; i++) {
      blocks += blocks(elements(inputs, i));
    }
    return blocks * Double.BYTES;
  }

  @Override
  public void forward(CudaCall call) {
    int settings = call.inputTypes().size() - 1;
    long sums = 0;
    for (int i = 0; i < settings; i++) {
      long elements = elements(call.inputTypes(), i);
      call.launch(
          FATBIN,
          "squares",
          Grid.of(blocks(elements)),
          THREADS,
          0,
          call.input(i),
          call.workspace() + sums * Double.BYTES,
          elements);
      sums += blocks(elements);
    }
    call.launch(
        FATBIN,
        "clip",
        Grid.of(1),
        THREADS,
        0,
        call.workspace(),
        call.input(settings),
        call.output(0),
        call.output(1),
        sums);
  }
}
