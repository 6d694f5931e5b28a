package io.colubrid.plugins.attention;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * softmax(scale · q·kᵀ)·v for each head (Vaswani et al., 2017, equation 1), with grouped queries
 * (Ainslie et al., 2023) where there are fewer heads of keys than of queries. The CPU body works in
 * tiles and keeps no scores (Dao, 2023), so memory grows with length, not with its square.
 *
 * <p>Inputs: queries [batch, length, heads, headDim]; keys and values [batch, length, kvHeads,
 * headDim]; optionally segments I32 [batch, length], the number of the document that a position
 * belongs to, whose positions stand side by side; −1 for padding. A position sees its own document
 * alone; padding sees nothing, is not seen, and gets zeros. Output: [batch, length, heads,
 * headDim].
 *
 * <p>There is no dropout of attention weights.
 *
 * @param mask which keys a query sees by their places
 * @param scale of the scores, usually 1/√headDim
 */
public record ScaledDotProduct(AttentionMask mask, double scale) implements DifferentiableOp {
  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int SEGMENTS = 3;

  /** With the usual scale, 1/√headDim. */
  public static ScaledDotProduct of(AttentionMask mask, long headDim) {
    return new ScaledDotProduct(mask, 1 / Math.sqrt((double) headDim));
  }

  /**
   * Records it.
   *
   * @param segments I32 [batch, length], or null where every row is one document
   */
  public Tensor apply(Ops ops, Tensor q, Tensor k, Tensor v, @Nullable Tensor segments) {
    return ops.apply(this, q, k, v, segments).getFirst();
  }

  @Override
  public String name() {
    return "attention";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    AttentionShape shape = shape(inputs);
    if (shape.keys() != shape.length()) {
      throw new ShapeException(
          "attention: expected as many keys as queries; found "
              + inputs.get(QUERY)
              + " and "
              + inputs.get(KEY));
    }
    TensorType segments = AttentionShape.optional(inputs, SEGMENTS);
    Shape expected = Shape.of(shape.batch(), shape.length());
    AttentionShape.requireI32("attention", "segments", segments, expected);
    return List.of(Objects.requireNonNull(inputs.get(QUERY)));
  }

  static AttentionShape shape(List<@Nullable TensorType> inputs) {
    return AttentionShape.of("attention", inputs.get(QUERY), inputs.get(KEY), inputs.get(VALUE));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return List.of(new ScaledDotProductReference(ops, mask, scale).attend(inputs));
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    return 2 * productFlops(inputs);
  }

  /** Scores again, and the four products that give the gradients. */
  @Override
  public long backwardFlops(List<@Nullable TensorType> inputs) {
    return 5 * productFlops(inputs);
  }

  private long productFlops(List<@Nullable TensorType> inputs) {
    AttentionShape shape = shape(inputs);
    long pairs = shape.batch() * shape.heads() * mask.pairs(shape.length());
    return 2 * pairs * shape.headDim();
  }

  @Override
  public CpuBody cpuBody() {
    return new ScaledDotProductCpu(mask, scale);
  }

  @Override
  public CudaBody cudaBody() {
    return new ScaledDotProductCuda(mask, scale);
  }
}
