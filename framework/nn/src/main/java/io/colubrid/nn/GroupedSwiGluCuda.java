package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link GroupedSwiGlu} on a GPU for a few rows, as decoding has them: one launch that reads the
 * matrices of each group once. More rows take the definition, whose products are by tensor cores.
 */
final class GroupedSwiGluCuda implements CudaBody {
  static final GroupedSwiGluCuda BODY = new GroupedSwiGluCuda();

  /** Rows of a group for which a matrix is read once. */
  static final int FEW = 8;

  static final long MOST_ROWS = 2 * FEW;
  private static final int COLUMNS = 4;
  private static final int THREADS = 128;
  private static final int WORD_BYTES = 16;

  private GroupedSwiGluCuda() {}

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType x = requireNonNull(inputs.get(GroupedSwiGlu.X));
    boolean fits = x.dtype() == DType.F32 || x.dtype() == DType.BF16;
    for (int bias : new int[] {GroupedSwiGlu.GATE_BIAS, GroupedSwiGlu.UP_BIAS}) {
      TensorType given = inputs.get(bias);
      fits &= given == null || given.dtype() == DType.F32;
    }
    return fits
        && x.shape().dim(0) <= MOST_ROWS
        && x.shape().dim(1) * x.dtype().bytes() % WORD_BYTES == 0;
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    TensorType x = requireNonNull(call.inputTypes().get(GroupedSwiGlu.X));
    Shape weight = requireNonNull(call.inputTypes().get(GroupedSwiGlu.GATE)).shape();
    long rows = x.shape().dim(0);
    long groups = weight.dim(0);
    call.launchEarly(
        "grouped_plain",
        "few_swiglu_" + x.dtype().name().toLowerCase(Locale.ROOT),
        CudaCall.Grid.of(
            Math.ceilDiv(weight.dim(1), COLUMNS) * Math.min(rows, rows / FEW + groups + 1)),
        THREADS,
        0,
        call.input(GroupedSwiGlu.X),
        call.input(GroupedSwiGlu.GATE),
        call.input(GroupedSwiGlu.UP),
        call.input(GroupedSwiGlu.OFFSETS),
        call.input(GroupedSwiGlu.GATE_BIAS),
        call.input(GroupedSwiGlu.UP_BIAS),
        call.output(0),
        rows,
        weight.dim(2),
        weight.dim(1),
        (int) groups);
  }
}
