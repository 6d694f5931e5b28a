package io.colubrid.plugins.attention;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link ScaledDotProduct} on a GPU, in tiles, with a softmax that is corrected as keys arrive
 * (Dao, 2023). It saves one float a query and head, from which backward computes the weights anew.
 */
record ScaledDotProductCuda(AttentionMask mask, double scale) implements CudaBody {
  static final long MOST_LENGTH = 1L << 30;

  private static final int DELTA_THREADS = 256;
  private static final long SHORT = 64;

  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    AttentionShape shape = ScaledDotProduct.shape(inputs);
    DType stream = stream(inputs);
    return (stream == DType.F32 || stream == DType.BF16)
        && shape.headDim() <= PlainAttentionCuda.MOST_WIDTH
        && shape.length() <= MOST_LENGTH;
  }

  static DType stream(List<@Nullable TensorType> inputs) {
    return requireNonNull(inputs.get(ScaledDotProduct.QUERY)).dtype();
  }

  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    AttentionShape shape = ScaledDotProduct.shape(inputs);
    return List.of(TensorType.f32(shape.batch(), shape.heads(), shape.length()));
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return true;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs) {
    return documentsBytes(inputs) + HopperMaps.WORKSPACE;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs) {
    AttentionShape shape = ScaledDotProduct.shape(inputs);
    return documentsBytes(inputs)
        + deltaBytes(shape)
        + HopperAttentionCuda.backwardWorkspace(shape, stream(inputs));
  }

  private static long deltaBytes(AttentionShape shape) {
    return Math.ceilDiv(4 * shape.batch() * shape.heads() * shape.length(), 256L) * 256;
  }

  private static long documentsBytes(List<@Nullable TensorType> inputs) {
    TensorType segments = AttentionShape.optional(inputs, ScaledDotProduct.SEGMENTS);
    return segments == null ? 0 : Math.ceilDiv(2 * segments.bytes(), 256L) * 256;
  }

  @Override
  public void forward(CudaCall call) {
    AttentionShape shape = ScaledDotProduct.shape(call.inputTypes());
    DType stream = stream(call.inputTypes());
    long documents = findDocuments(call, shape);
    if (worthTensorCores(shape)
        && HopperAttentionCuda.serves(call, stream, shape.headDim(), scale)) {
      long maps = call.workspace() + documentsBytes(call.inputTypes());
      new HopperAttentionCuda(shape, mask, scale).forward(call, maps, call.saved(0), documents);
    } else {
      new PlainAttentionCuda(shape, stream, mask, scale).forward(call, call.saved(0), documents);
    }
  }

  @Override
  public void backward(CudaCall call) {
    AttentionShape shape = ScaledDotProduct.shape(call.inputTypes());
    DType stream = stream(call.inputTypes());
    long documents = findDocuments(call, shape);
    long delta = call.workspace() + documentsBytes(call.inputTypes());
    PlainAttentionCuda plain = new PlainAttentionCuda(shape, stream, mask, scale);
    if (worthTensorCores(shape)
        && HopperAttentionCuda.servesBackward(call, stream, shape.headDim(), scale)) {
      findDelta(call, shape, stream, delta);
      new HopperAttentionCuda(shape, mask, scale)
          .backward(call, delta + deltaBytes(shape), delta, documents);
    } else {
      if (!plain.findsDelta()) {
        findDelta(call, shape, stream, delta);
      }
      plain.backward(call, delta, documents);
    }
  }

  /** Short sequences cost little, and their gradients cancel more than BF16 can follow. */
  private static boolean worthTensorCores(AttentionShape shape) {
    return shape.length() > SHORT;
  }

  /** Each row's product of the output and its gradient. */
  private static void findDelta(CudaCall call, AttentionShape shape, DType stream, long delta) {
    long rows = shape.batch() * shape.length() * shape.heads();
    call.launch(
        PlainAttentionCuda.FATBIN,
        "attention_delta_" + PlainAttentionCuda.suffix(stream),
        CudaCall.Grid.of(Math.ceilDiv(rows, DELTA_THREADS / 16L)),
        DELTA_THREADS,
        0,
        call.output(0),
        call.outputGradient(0),
        delta,
        Math.toIntExact(shape.length()),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.headDim()),
        rows);
  }

  /** Where each position's document begins and ends; 0 where every row is one. */
  private static long findDocuments(CudaCall call, AttentionShape shape) {
    if (AttentionShape.optional(call.inputTypes(), ScaledDotProduct.SEGMENTS) == null) {
      return 0;
    }
    call.launch(
        "attention_documents",
        "attention_documents",
        CudaCall.Grid.of(shape.batch()),
        1024,
        0,
        call.input(ScaledDotProduct.SEGMENTS),
        call.workspace(),
        Math.toIntExact(shape.length()));
    return call.workspace();
  }
}
