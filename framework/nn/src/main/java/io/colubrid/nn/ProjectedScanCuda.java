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

  // The kernel for many sequences: what it asks for, and how many a thread takes.
  private static final int MANY_STATES = 16;
  private static final int MANY_RANK = 64;
  private static final int MANY_ROWS = 16;
  private static final int ROWS_AT_ONCE = 2;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return scan.accepts(inputs)
        && ScanGrid.forward(inputs).length() == 1
        && requireNonNull(inputs.get(SelectiveScan.U)).dtype() == DType.BF16
        && requireNonNull(inputs.get(ProjectedScan.WEIGHT)).dtype() == DType.BF16;
  }

  @Override
  public int wholeState(List<@Nullable TensorType> inputs) {
    return scan.wholeState(inputs);
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
    long[] operands = scan.operands(call, grid, y);
    long[] projection = {weight, rank, vectors ? 1 : 0};
    long state = call.input(SelectiveScan.STATE);
    int ahead = SelectiveScanCuda.ahead(call, ProjectedScan.WEIGHT);
    if (vectors && rank <= MANY_RANK && isMany(call, grid)) {
      boolean rounded = RoundedState.is(call.inputTypes().get(SelectiveScan.STATE));
      String kernel = rounded ? "selective_scan_many_half_bf16" : "selective_scan_many_bf16";
      CudaCall.Grid blocks =
          new CudaCall.Grid(grid.blocks(), Math.ceilDiv(grid.batch(), ROWS_AT_ONCE), 1);
      call.launchEarly(
          "selective_scan_step",
          kernel,
          blocks,
          ScanGrid.THREADS,
          0,
          operands,
          projection,
          state,
          y,
          ahead,
          grid.batch());
      return;
    }
    SelectiveScanCuda.step(
        call, "selective_scan_projected", grid, operands, projection, state, y, ahead);
  }

  /** Whether there are enough sequences to take several at once, and states lie in fours. */
  private static boolean isMany(CudaCall call, ScanGrid grid) {
    long state = call.input(SelectiveScan.STATE);
    long fours = call.input(SelectiveScan.B) | call.input(SelectiveScan.C);
    return state != 0
        && grid.states() == MANY_STATES
        && grid.batch() >= MANY_ROWS
        && fours % VECTOR_BYTES == 0
        && (state | call.input(SelectiveScan.A_LOG)) % (2 * VECTOR_BYTES) == 0;
  }
}
