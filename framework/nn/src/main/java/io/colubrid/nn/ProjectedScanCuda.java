package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Single steps of {@link ProjectedScan}: the lanes of a channel share its row of the weight. */
record ProjectedScanCuda(SelectiveScanCuda scan) implements CudaBody {
  private static final int VECTOR = 4;
  private static final int VECTOR_BYTES = 8;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return scan.accepts(inputs)
        && ScanGrid.forward(inputs).length() == 1
        && requireNonNull(inputs.get(SelectiveScan.U)).dtype() == DType.BF16
        && requireNonNull(inputs.get(ProjectedScan.WEIGHT)).dtype() == DType.BF16;
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    ScanGrid grid = ScanGrid.forward(call.inputTypes());
    long weight = call.input(ProjectedScan.WEIGHT);
    long rank = requireNonNull(call.inputTypes().get(ProjectedScan.FEATURES)).shape().dim(2);
    long features = call.input(ProjectedScan.FEATURES);
    boolean vectors = (weight | features) % VECTOR_BYTES == 0 && rank % VECTOR == 0;
    long y = call.output(0);
    call.launchEarly(
        "selective_scan_step",
        "selective_scan_projected" + grid.suffix(),
        grid.grid(),
        ScanGrid.THREADS,
        0,
        scan.operands(call, grid, y),
        new long[] {weight, rank, vectors ? 1 : 0},
        call.input(SelectiveScan.STATE),
        y);
  }
}
