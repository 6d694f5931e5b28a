package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.op.CudaCall.Grid;
import io.colubrid.spi.op.RowNorm;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** {@link GatedRmsNorm} on a GPU: one pass over the rows, which stay in registers. */
record GatedRmsNormCuda(GatedRmsNorm op) implements CudaBody {
  private static final String FATBIN = "gated_norm";
  private static final int THREADS = 256;
  private static final int WARP = 32;

  // Threads of a multiprocessor that rows are dealt out to.
  private static final int THREADS_AT_ONCE = 1536;
  private static final int VECTOR = 8;
  private static final int MOST_EACH = 4;

  // Blocks of one group that leave a sum of the weight's gradient each: a few a multiprocessor.
  private static final long MOST_BLOCKS = 396;

  /** Streams of F32 or BF16, both of one kind, whose groups' channels fit into registers. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType y = type(inputs, GatedRmsNorm.Y);
    return (y.dtype() == DType.F32 || y.dtype() == DType.BF16)
        && type(inputs, GatedRmsNorm.Z).dtype() == y.dtype()
        && type(inputs, GatedRmsNorm.WEIGHT).dtype() == DType.F32
        && channels(inputs) <= (long) MOST_EACH * THREADS * VECTOR;
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return Objects.requireNonNull(inputs.get(index));
  }

  /** Channels of a group. */
  private long channels(List<@Nullable TensorType> inputs) {
    return type(inputs, GatedRmsNorm.Y).shape().dim(2) / op.groups();
  }

  private static long rows(List<@Nullable TensorType> inputs) {
    Shape y = type(inputs, GatedRmsNorm.Y).shape();
    return y.dim(0) * y.dim(1);
  }

  private long backwardBlocks(List<@Nullable TensorType> inputs) {
    return Math.min(rows(inputs), Math.ceilDiv(MOST_BLOCKS, op.groups()));
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    return backwardBlocks(inputs) * op.groups() * channels(inputs) * Float.BYTES;
  }

  private String kernel(CudaCall call, String pass) {
    List<@Nullable TensorType> inputs = call.inputTypes();
    String stream = type(inputs, GatedRmsNorm.Y).dtype().name().toLowerCase(Locale.ROOT);
    return "gated_norm_%s_%s_%d".formatted(pass, stream, each(inputs));
  }

  /** Vectors a thread. */
  private long each(List<@Nullable TensorType> inputs) {
    long each = Math.ceilDiv(channels(inputs), THREADS * VECTOR);
    return each == 3 ? 4 : each;
  }

  /** As many whole warps as the channels of a group take. */
  private int threads(List<@Nullable TensorType> inputs) {
    long vectors = Math.ceilDiv(channels(inputs), VECTOR * each(inputs));
    return Math.toIntExact(Math.ceilDiv(vectors, WARP) * WARP);
  }

  private int vectors(CudaCall call, long... addresses) {
    boolean aligned = LongStream.of(addresses).allMatch(address -> address % 16 == 0);
    return aligned && channels(call.inputTypes()) % VECTOR == 0 ? 1 : 0;
  }

  /** As many as run at once, where there are so many rows. */
  private long forwardBlocks(CudaCall call) {
    long atOnce = (long) call.multiprocessors() * (THREADS_AT_ONCE / threads(call.inputTypes()));
    return Math.min(rows(call.inputTypes()), Math.ceilDiv(atOnce, op.groups()));
  }

  /** Some rows of BF16 that are normed as one; a single one is {@link GatedProduct}'s. */
  @Override
  public boolean isRowNorm(List<@Nullable TensorType> inputs) {
    return op.groups() == 1
        && RowNorm.isOfSome(rows(inputs))
        && type(inputs, GatedRmsNorm.Y).dtype() == DType.BF16;
  }

  @Override
  public RowNorm rowNorm(CudaCall call) {
    return new RowNorm(
        true,
        call.input(GatedRmsNorm.Y),
        call.input(GatedRmsNorm.Z),
        true,
        call.input(GatedRmsNorm.WEIGHT),
        0,
        call.stands(GatedRmsNorm.WEIGHT),
        (float) op.epsilon(),
        rows(call.inputTypes()),
        channels(call.inputTypes()));
  }

  @Override
  public void forward(CudaCall call) {
    long y = call.input(GatedRmsNorm.Y);
    long z = call.input(GatedRmsNorm.Z);
    long out = call.output(0);
    call.launchEarlyIf(
        call.stands(GatedRmsNorm.WEIGHT),
        FATBIN,
        kernel(call, "forward"),
        new Grid(forwardBlocks(call), op.groups(), 1),
        threads(call.inputTypes()),
        0,
        y,
        z,
        call.input(GatedRmsNorm.WEIGHT),
        out,
        rows(call.inputTypes()),
        channels(call.inputTypes()),
        (float) op.epsilon(),
        vectors(call, y, z, out));
  }

  @Override
  public void backward(CudaCall call) {
    long y = call.input(GatedRmsNorm.Y);
    long z = call.input(GatedRmsNorm.Z);
    long gradient = call.outputGradient(0);
    long gradY = call.inputGradient(GatedRmsNorm.Y);
    long gradZ = call.inputGradient(GatedRmsNorm.Z);
    long channels = channels(call.inputTypes());
    long blocks = backwardBlocks(call.inputTypes());
    call.launch(
        FATBIN,
        kernel(call, "backward"),
        new Grid(blocks, op.groups(), 1),
        threads(call.inputTypes()),
        0,
        y,
        z,
        call.input(GatedRmsNorm.WEIGHT),
        gradient,
        gradY,
        gradZ,
        call.workspace(),
        rows(call.inputTypes()),
        channels,
        (float) op.epsilon(),
        vectors(call, y, z, gradient, gradY, gradZ));
    if (call.wantsGradient(GatedRmsNorm.WEIGHT)) {
      long all = channels * op.groups();
      call.launch(
          FATBIN,
          "gated_norm_weights",
          Grid.of(Math.ceilDiv(all, 32L)),
          THREADS,
          0,
          call.workspace(),
          call.inputGradient(GatedRmsNorm.WEIGHT),
          blocks,
          all);
    }
  }
}
