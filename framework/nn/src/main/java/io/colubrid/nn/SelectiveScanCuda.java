package io.colubrid.nn;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link SelectiveScan} on a GPU: a channel's states lie over neighbouring lanes, time in tiles.
 */
record SelectiveScanCuda(SelectiveScan scan) implements CudaBody {
  private static final String FATBIN = "selective_scan";
  private static final int MOST_LANES = 4;
  private static final int MOST_STATES = 64;
  private static final int THREADS = 128;

  /** Streams of F32 or BF16, all of one kind; parameters and states of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    DType stream = type(inputs, SelectiveScan.U).dtype();
    boolean fits = stream == DType.F32 || stream == DType.BF16;
    for (int index : new int[] {SelectiveScan.DELTA, SelectiveScan.B, SelectiveScan.C}) {
      fits &= type(inputs, index).dtype() == stream;
    }
    TensorType gate = inputs.get(SelectiveScan.GATE);
    return fits
        && (gate == null || gate.dtype() == stream)
        && type(inputs, SelectiveScan.A_LOG).shape().dim(1) <= MOST_STATES;
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return Objects.requireNonNull(inputs.get(index));
  }

  /** How a channel's states lie: over {@code lanes} lanes, {@code each} on each. */
  private record Layout(int lanes, int each) {
    static Layout of(long states) {
      int lanes = 1;
      while (lanes < states && lanes < MOST_LANES) {
        lanes *= 2;
      }
      int each = 1;
      while ((long) lanes * each < states) {
        each *= 2;
      }
      return new Layout(lanes, each);
    }

    int channels() {
      return THREADS / lanes;
    }

    String suffix(DType stream) {
      return "_%s_%dx%d".formatted(stream.name().toLowerCase(Locale.ROOT), lanes, each);
    }
  }

  private static Layout layout(List<@Nullable TensorType> inputs) {
    return Layout.of(type(inputs, SelectiveScan.A_LOG).shape().dim(1));
  }

  @Override
  public void forward(CudaCall call) {
    TensorType u = type(call.inputTypes(), SelectiveScan.U);
    Layout layout = layout(call.inputTypes());
    long channels = u.shape().dim(2);
    long state = call.input(SelectiveScan.STATE);
    call.launch(
        FATBIN,
        "selective_scan_forward" + layout.suffix(u.dtype()),
        grid(layout, u.shape()),
        THREADS,
        0,
        call.input(SelectiveScan.U),
        call.input(SelectiveScan.DELTA),
        call.input(SelectiveScan.A_LOG),
        call.input(SelectiveScan.B),
        call.input(SelectiveScan.C),
        call.input(SelectiveScan.SKIP),
        call.input(SelectiveScan.GATE),
        call.input(SelectiveScan.DELTA_BIAS),
        state,
        call.input(SelectiveScan.SEGMENTS),
        call.output(0),
        state,
        u.shape().dim(1),
        channels,
        type(call.inputTypes(), SelectiveScan.A_LOG).shape().dim(1),
        scan.softplus() ? 1 : 0,
        scan.reversed() ? 1 : 0);
  }

  private static CudaCall.Grid grid(Layout layout, Shape u) {
    long blocks = (u.dim(2) + layout.channels() - 1) / layout.channels();
    return u.dim(1) == 0 ? CudaCall.Grid.of(0) : new CudaCall.Grid(blocks, u.dim(0), 1);
  }
}
