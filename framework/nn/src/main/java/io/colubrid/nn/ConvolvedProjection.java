package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CausalConv1d} and a product of what it puts out, weight·y, in parts: for reading prompts
 * on a GPU, where a product of its own would read y from memory again.
 *
 * <p>Inputs: those of the convolution without segments, and weight [out, channels] of the dtype of
 * x. Outputs: y [batch, length, channels], the parts [batch, length, extent], and the tail in place
 * of the one that came in.
 *
 * @param extents of the parts, which add up to the rows of the weight
 */
public record ConvolvedProjection(CausalConv1d conv, List<Long> extents) implements Op {
  static final int X = CausalConv1d.X;
  static final int CONV_WEIGHT = CausalConv1d.WEIGHT;
  static final int CONV_BIAS = CausalConv1d.BIAS;
  static final int TAIL = CausalConv1d.TAIL;
  static final int WEIGHT = 4;

  // From where on it pays.
  private static final long FEWEST_STEPS = 32;
  private static final long FEWEST_ROWS = 4096;

  public ConvolvedProjection {
    extents = List.copyOf(extents);
  }

  /**
   * What it gives.
   *
   * @param y [batch, length, channels]
   * @param parts of the product
   * @param tail the last width − 1 inputs, or null where none were given
   */
  public record Result(Tensor y, List<Tensor> parts, @Nullable Tensor tail) {}

  /**
   * What it is of.
   *
   * @param x [batch, length, channels]
   * @param convWeight [channels, 1, width]
   * @param convBias [channels], or null
   * @param tail [batch, width − 1, channels], or null for zeros
   * @param weight [out, channels]
   */
  public record Operands(
      Tensor x,
      Tensor convWeight,
      @Nullable Tensor convBias,
      @Nullable Tensor tail,
      Tensor weight) {
    private @Nullable Tensor[] all() {
      return new @Nullable Tensor[] {x, convWeight, convBias, tail, weight};
    }

    private List<@Nullable TensorType> types() {
      List<@Nullable TensorType> types = new ArrayList<>();
      for (Tensor operand : all()) {
        types.add(operand == null ? null : operand.type());
      }
      return types;
    }
  }

  /** Whether a GPU is faster with it than with a convolution and a product. */
  public boolean pays(Operands of) {
    boolean many = of.x.dim(1) >= FEWEST_STEPS && of.x.shape().rows() >= FEWEST_ROWS;
    return many && cudaBody().accepts(of.types());
  }

  public Result apply(Ops ops, Operands of) {
    List<Tensor> outputs = ops.apply(this, of.all());
    int parts = extents.size();
    return new Result(
        outputs.getFirst(),
        outputs.subList(1, 1 + parts),
        of.tail == null ? null : outputs.get(1 + parts));
  }

  @Override
  public String name() {
    return "convolved-projection";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType x = operands.require(X, "x", 3);
    Shape weight = operands.require(WEIGHT, "weight", 2).shape();
    operands.require(WEIGHT, "weight", Shape.of(weight.dim(0), x.shape().dim(2)));
    if (extents.stream().mapToLong(Long::longValue).sum() != weight.dim(0)) {
      throw new ShapeException(
          "%s: parts of %s do not add up to the rows of weight %s"
              .formatted(name(), extents, weight));
    }
    List<TensorType> convolved = conv.outputs(convInputs(inputs));
    List<TensorType> outputs = new ArrayList<>();
    outputs.add(convolved.getFirst());
    extents.forEach(extent -> outputs.add(x.withShape(x.shape().with(2, extent))));
    outputs.addAll(convolved.subList(1, convolved.size()));
    return outputs;
  }

  /** Inputs of the convolution. */
  private static <T> List<@Nullable T> convInputs(List<@Nullable T> inputs) {
    List<@Nullable T> conv = new ArrayList<>(inputs.subList(0, WEIGHT));
    conv.add(null);
    return conv;
  }

  @Override
  public int inPlaceOf(int output) {
    return output == 1 + extents.size() ? TAIL : -1;
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = requireNonNull(inputs.get(X));
    List<Tensor> convolved = ops.apply(conv, convInputs(inputs).toArray(Tensor[]::new));
    Tensor y = convolved.getFirst();
    Tensor product = ops.matmul(y, false, requireNonNull(inputs.get(WEIGHT)), true);
    long[] widths = extents.stream().mapToLong(Long::longValue).toArray();
    List<Tensor> outputs = new ArrayList<>();
    outputs.add(y);
    outputs.addAll(ops.split(ops.cast(product, x.dtype()), 2, widths));
    outputs.addAll(convolved.subList(1, convolved.size()));
    return outputs;
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    long rows = requireNonNull(inputs.get(X)).shape().rows();
    long products = 2 * rows * requireNonNull(inputs.get(WEIGHT)).shape().elements();
    return products + conv.flops(convInputs(inputs));
  }

  @Override
  public CudaBody cudaBody() {
    return new ConvolvedProjectionCuda(this);
  }
}
