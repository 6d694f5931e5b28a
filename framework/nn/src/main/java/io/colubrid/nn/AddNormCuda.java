package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.op.RowTiling;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link AddNorm} on a GPU: one launch forward, one backward, and one more that sums the gradients
 * of weight and bias over the groups of threads that each took some of the rows.
 */
record AddNormCuda(AddNorm norm) implements CudaBody {
  private static final String FATBIN = "norm";
  private static final int SUM_THREADS = 1024;
  private static final int SUM_COLUMNS = 8;

  // As in norm.cu.
  private static final int X_HALF = 1;
  private static final int BRANCH_HALF = 2;
  private static final int Y_HALF = 4;
  private static final int CENTRED = 8;

  /** Stream, branch and y of F32 or BF16 each; weight and bias of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    boolean vectors =
        isAbsentOr(DType.F32, inputs.get(AddNorm.WEIGHT))
            && isAbsentOr(DType.F32, inputs.get(AddNorm.BIAS));
    return vectors
        && norm.normed() != DType.F64
        && requireNonNull(inputs.get(AddNorm.STREAM)).dtype() != DType.F64;
  }

  private static boolean isAbsentOr(DType dtype, @Nullable TensorType type) {
    return type == null || type.dtype() == dtype;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input == AddNorm.STREAM || input == AddNorm.WEIGHT;
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return output == AddNorm.SUM;
  }

  private static TensorType stream(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.get(AddNorm.STREAM));
  }

  private int flags(List<@Nullable TensorType> inputs) {
    TensorType branch = inputs.get(AddNorm.BRANCH);
    return (stream(inputs).dtype() == DType.BF16 ? X_HALF : 0)
        | (branch != null && branch.dtype() == DType.BF16 ? BRANCH_HALF : 0)
        | (norm.normed() == DType.BF16 ? Y_HALF : 0)
        | (norm.centred() ? CENTRED : 0);
  }

  @Override
  public void forward(CudaCall call) {
    TensorType stream = stream(call.inputTypes());
    long sum = call.hasInput(AddNorm.BRANCH) ? call.output(AddNorm.SUM) : 0;
    RowTiling tiling =
        RowTiling.of(
            stream.shape().dim(-1),
            call.input(AddNorm.STREAM),
            call.input(AddNorm.BRANCH),
            call.output(AddNorm.Y),
            sum);
    call.launchEarlyIf(
        call.stands(AddNorm.WEIGHT),
        FATBIN,
        "norm_forward" + tiling.variant(),
        Grid.of(tiling.blocks(stream.shape().rows())),
        tiling.threads(),
        0,
        call.input(AddNorm.STREAM),
        call.input(AddNorm.BRANCH),
        call.input(AddNorm.WEIGHT),
        call.input(AddNorm.BIAS),
        sum,
        call.output(AddNorm.Y),
        flags(call.inputTypes()),
        (float) norm.epsilon(),
        tiling.lanes(),
        stream.shape().rows(),
        stream.shape().dim(-1));
  }

  /** An RMS norm of one row, some or many of an F32 stream, as in decoding and in long prompts. */
  @Override
  public boolean isRowNorm(List<@Nullable TensorType> inputs) {
    TensorType stream = stream(inputs);
    long rows = stream.shape().rows();
    return (rows == 1 || RowNorm.isOfSome(rows) || RowNorm.isOfMany(rows))
        && stream.dtype() == DType.F32
        && norm.normed() == DType.BF16
        && !norm.centred()
        && inputs.get(AddNorm.BIAS) == null;
  }

  @Override
  public RowNorm rowNorm(CudaCall call) {
    TensorType branch = call.inputTypes().get(AddNorm.BRANCH);
    return new RowNorm(
        false,
        call.input(AddNorm.STREAM),
        call.input(AddNorm.BRANCH),
        branch != null && branch.dtype() == DType.BF16,
        call.input(AddNorm.WEIGHT),
        branch == null ? 0 : call.output(AddNorm.SUM),
        call.stands(AddNorm.WEIGHT),
        (float) norm.epsilon(),
        stream(call.inputTypes()).shape().rows(),
        stream(call.inputTypes()).shape().dim(-1));
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    TensorType stream = stream(inputs);
    long width = stream.shape().dim(-1);
    RowTiling tiling = RowTiling.of(width);
    long groups = tiling.blocksInTurns(stream.shape().rows());
    return 2 * groups * tiling.rowsPerBlock() * width * Float.BYTES;
  }

  @Override
  public void backward(CudaCall call) {
    TensorType stream = stream(call.inputTypes());
    long rows = stream.shape().rows();
    long width = stream.shape().dim(-1);
    boolean added = call.hasInput(AddNorm.BRANCH);
    long s = added ? call.output(AddNorm.SUM) : call.input(AddNorm.STREAM);
    long arriving = added ? call.outputGradient(AddNorm.SUM) : 0;
    long dx = call.inputGradient(AddNorm.STREAM);
    long branch = call.inputGradient(AddNorm.BRANCH);
    RowTiling tiling = RowTiling.of(width, s, call.outputGradient(AddNorm.Y), arriving, dx, branch);
    long blocks = tiling.blocksInTurns(rows);
    long groups = blocks * tiling.rowsPerBlock();
    long weights = call.workspace();
    long biases = weights + groups * width * Float.BYTES;
    call.launch(
        FATBIN,
        backward(tiling),
        Grid.of(blocks),
        tiling.threads(),
        0,
        s,
        call.input(AddNorm.WEIGHT),
        call.outputGradient(AddNorm.Y),
        arriving,
        dx,
        branch,
        call.wantsGradient(AddNorm.WEIGHT) ? weights : 0L,
        call.wantsGradient(AddNorm.BIAS) ? biases : 0L,
        flags(call.inputTypes()),
        (float) norm.epsilon(),
        tiling.lanes(),
        rows,
        width);
    sum(call, AddNorm.WEIGHT, weights, groups, width);
    sum(call, AddNorm.BIAS, biases, groups, width);
  }

  private String backward(RowTiling tiling) {
    String kind = tiling.quads() == 0 ? "norm" : norm.centred() ? "layer_norm" : "rms_norm";
    return kind + "_backward" + tiling.variant();
  }

  private static void sum(CudaCall call, int vector, long partials, long groups, long width) {
    if (call.wantsGradient(vector)) {
      call.launch(
          FATBIN,
          "norm_parameters",
          Grid.of(Math.ceilDiv(width, SUM_COLUMNS)),
          SUM_THREADS,
          0,
          partials,
          0L,
          call.inputGradient(vector),
          0L,
          groups,
          width);
    }
  }
}
