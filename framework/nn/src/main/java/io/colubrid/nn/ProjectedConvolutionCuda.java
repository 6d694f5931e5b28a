package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.op.RowProductTiling;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A step of {@link ProjectedConvolution}: whoever has the sum of a column convolves it. */
record ProjectedConvolutionCuda(ProjectedConvolution op) implements CudaBody {
  private static final String FATBIN = "row_product_conv";
  private static final int MOST_WIDTH = 4;

  /** One row of BF16; parameters and tail of the convolution of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    Shape x = type(inputs, ProjectedConvolution.X).shape();
    boolean products =
        type(inputs, ProjectedConvolution.X).dtype() == DType.BF16
            && type(inputs, ProjectedConvolution.WEIGHT).dtype() == DType.BF16;
    boolean convolution = true;
    for (int i = ProjectedConvolution.CONV_WEIGHT; i <= ProjectedConvolution.TAIL; i++) {
      convolution &= inputs.get(i) == null || type(inputs, i).dtype() == DType.F32;
    }
    return products
        && convolution
        && x.rows() == 1
        && x.dim(2) > 0
        && width(inputs) <= MOST_WIDTH
        && RowProductTiling.fits(type(inputs, ProjectedConvolution.WEIGHT).shape());
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  private static long width(List<@Nullable TensorType> inputs) {
    return type(inputs, ProjectedConvolution.CONV_WEIGHT).shape().dim(2);
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public int normedInput(List<@Nullable TensorType> inputs) {
    return ProjectedConvolution.X;
  }

  @Override
  public void forward(CudaCall call) {
    List<@Nullable TensorType> types = call.inputTypes();
    Shape weight = type(types, ProjectedConvolution.WEIGHT).shape();
    RowProductTiling tiling = RowProductTiling.of(weight);
    long w = call.input(ProjectedConvolution.WEIGHT);
    long[] convolution = {
      call.input(ProjectedConvolution.CONV_WEIGHT),
      call.input(ProjectedConvolution.CONV_BIAS),
      call.input(ProjectedConvolution.TAIL),
      op.first(),
      type(types, ProjectedConvolution.CONV_WEIGHT).shape().dim(0),
      width(types),
      op.conv().silu() ? 1 : 0
    };
    RowNorm norm = call.rowNorm();
    long[] x = norm == null ? new long[] {call.input(ProjectedConvolution.X)} : norm.addresses();
    call.launchEarly(
        FATBIN,
        (norm == null ? FATBIN : "row_product_normed_conv") + tiling.variant(w, x),
        Grid.of(tiling.blocks()),
        RowProductTiling.THREADS,
        0,
        norm == null ? x : norm.words(),
        w,
        call.output(0),
        convolution,
        ahead(call) && (norm == null || norm.weightStands()) ? 1 : 0,
        tiling.slices(),
        Math.toIntExact(weight.dim(0)),
        Math.toIntExact(weight.dim(1)));
  }

  /** Whether all but x may be read before the predecessor has ended. */
  private static boolean ahead(CudaCall call) {
    return IntStream.rangeClosed(ProjectedConvolution.WEIGHT, ProjectedConvolution.TAIL)
        .allMatch(call::stands);
  }
}
