package io.colubrid.engine.cuda;

import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Products of few rows with a matrix [out, in], as decoding needs them: kernels of our own, which
 * read the matrix once at the speed of memory, where cuBLAS is made for many rows.
 */
record FewRowsLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "few_rows";
  static final long MOST_ROWS = 16;
  private static final long MOST_F32_ROWS = 8;
  private static final int ALIGNMENT = 16;
  private static final int WARP = 32;

  /** Rows of the matrix that a warp takes. */
  private static final int TILE = 8;

  /** The fewest elements of a row that are worth a warp of their own. */
  private static final int SLICE = 64;

  private static final int WARPS = 8;
  private static final int F32_WARPS = 4;

  /** Warps that keep a GPU's memory busy. */
  private static final long BUSY = 8192;

  /** Operands of a product: out [m, n] = x [m, k] · weight [n, k]ᵀ + bias. */
  record Operands(Value x, Value weight, @Nullable Value bias, Value out, long m, long n, long k) {
    boolean bf16() {
      return weight.dtype() == DType.BF16;
    }
  }

  /** Whether these kernels serve a product, and are the faster ones. */
  boolean serves(Operation.MatMul product, Operands of) {
    boolean plain = !product.transposeA() && product.transposeB() && !product.accumulate();
    boolean few = of.m() <= (of.bf16() ? MOST_ROWS : MOST_F32_ROWS);
    boolean alike = of.x().dtype() == of.weight().dtype() && (of.bf16() || isF32(of.out()));
    return plain
        && few
        && alike
        && of.weight().shape().rank() == 2
        && of.k() % (of.bf16() ? 8 : 4) == 0
        && values.address(of.x()) % ALIGNMENT == 0
        && values.address(of.weight()) % ALIGNMENT == 0;
  }

  private static boolean isF32(Value value) {
    return value.dtype() == DType.F32;
  }

  /**
   * @param stands whether the matrix may be read before the predecessor has ended
   */
  CudaKernel kernel(Operands of, boolean stands) {
    return of.bf16() ? bf16(of, stands) : f32(of, stands);
  }

  private CudaKernel bf16(Operands of, boolean stands) {
    long tiles = Math.ceilDiv(of.n(), TILE);
    int slices = 1;
    while (slices < WARPS && tiles * slices < BUSY && 2L * slices * SLICE <= of.k()) {
      slices *= 2;
    }
    return launches.early(
        stands,
        MODULE,
        of.m() <= 8 ? "few_rows_8" : "few_rows_16",
        Grid.of(Math.ceilDiv(tiles, WARPS / slices)),
        WARPS * WARP,
        addresses(of)
            .integer(of.out().dtype() == DType.BF16 ? 1 : 0)
            .integer(slices)
            .number(of.m())
            .number(of.n())
            .number(of.k()));
  }

  private CudaKernel f32(Operands of, boolean stands) {
    return launches.early(
        stands,
        MODULE,
        of.m() == 1 ? "few_rows_f32_1" : "few_rows_f32_8",
        Grid.of(Math.ceilDiv(of.n(), F32_WARPS)),
        F32_WARPS * WARP,
        addresses(of).number(of.m()).number(of.n()).number(of.k()));
  }

  private Arguments addresses(Operands of) {
    return Arguments.of()
        .addresses(
            values.address(of.x()),
            values.address(of.weight()),
            values.addressOrNull(of.bias()),
            values.address(of.out()));
  }
}
