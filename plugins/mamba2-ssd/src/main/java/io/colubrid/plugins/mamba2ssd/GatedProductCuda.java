package io.colubrid.plugins.mamba2ssd;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowProductTiling;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A row of {@link GatedProduct}: every block gates it for itself and sums its squares. */
record GatedProductCuda(GatedProduct op) implements CudaBody {
  private static final String FATBIN = "row_product_gated";

  /** One row of BF16 that is normed as one. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    return op.norm().groups() == 1
        && type(inputs, GatedRmsNorm.Y).shape().rows() == 1
        && type(inputs, GatedRmsNorm.Y).dtype() == DType.BF16
        && type(inputs, GatedRmsNorm.Z).dtype() == DType.BF16
        && type(inputs, GatedRmsNorm.WEIGHT).dtype() == DType.F32
        && type(inputs, GatedProduct.MATRIX).dtype() == DType.BF16
        && RowProductTiling.fits(type(inputs, GatedProduct.MATRIX).shape());
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return requireNonNull(inputs.get(index));
  }

  @Override
  public boolean hasBackward() {
    return false;
  }

  @Override
  public void forward(CudaCall call) {
    Shape matrix = type(call.inputTypes(), GatedProduct.MATRIX).shape();
    RowProductTiling tiling = RowProductTiling.of(matrix);
    long y = call.input(GatedRmsNorm.Y);
    long z = call.input(GatedRmsNorm.Z);
    long weight = call.input(GatedRmsNorm.WEIGHT);
    long w = call.input(GatedProduct.MATRIX);
    call.launchEarly(
        FATBIN,
        FATBIN + tiling.variant(w, y, z, weight),
        Grid.of(tiling.blocks()),
        RowProductTiling.THREADS,
        0,
        y,
        z,
        weight,
        w,
        call.output(0),
        (float) op.norm().epsilon(),
        call.stands(GatedRmsNorm.WEIGHT) && call.stands(GatedProduct.MATRIX) ? 1 : 0,
        tiling.slices(),
        Math.toIntExact(matrix.dim(0)),
        Math.toIntExact(matrix.dim(1)));
  }
}
