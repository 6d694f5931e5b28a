package io.colubrid.nn;

import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * SiLU of a causal depthwise convolution, as it stands before the scan of a state space layer. Its
 * state is a window of the last inputs. Its parameters are {@code NAME.weight} and, if it has one,
 * {@code NAME.bias}.
 *
 * @param weight [channels, 1, width]
 * @param bias [channels], or null
 * @param reversed whether it runs from the last position to the first, without a state
 */
public record ShortConvolution(Parameter weight, @Nullable Parameter bias, boolean reversed) {
  private static final String STATE = "conv";

  /** One named {@code conv1d} that runs from the first position to the last. */
  public static ShortConvolution create(
      BuildContext context, long channels, int width, boolean bias) {
    return create(context, "conv1d", channels, width, bias, false);
  }

  /**
   * @param width in positions
   */
  public static ShortConvolution create(
      BuildContext context, String name, long channels, int width, boolean bias, boolean reversed) {
    Initializer biasStart = Initializer.uniform(1 / Math.sqrt(width));
    return new ShortConvolution(
        context.parameter(
            name + ".weight",
            Shape.of(channels, 1, width),
            Initializer.kaimingUniform(),
            Parameter.Role.TABLE),
        bias
            ? context.parameter(
                name + ".bias", Shape.of(channels), biasStart, Parameter.Role.VECTOR)
            : null,
        reversed);
  }

  public StateSpec state() {
    return StateSpec.window(STATE, weight.shape().dim(2) - 1, weight.shape().dim(0));
  }

  /**
   * @param x [batch, length, channels]
   * @return the same shape
   */
  public Tensor apply(Tensor x, Pass pass) {
    Ops ops = pass.ops();
    LayerState state = pass.state().orElse(null);
    CausalConv1d.Result result =
        new CausalConv1d(true, reversed)
            .apply(
                ops,
                x,
                ops.value(weight),
                bias == null ? null : ops.value(bias),
                state == null ? null : state.get(STATE),
                pass.sequences().segments().orElse(null));
    if (state != null && result.tail() != null) {
      state.advance(STATE, result.tail());
    }
    return result.y();
  }

  /**
   * What {@link #apply} gives, and a product of it in parts.
   *
   * @param y [batch, length, channels]
   * @param parts [batch, length, extent] each
   */
  public record Projected(Tensor y, List<Tensor> parts) {}

  /**
   * The convolution, and a product of what it puts out in parts of the given extents. A GPU does
   * both in one launch where it reads a prompt.
   *
   * @param x [batch, length, channels]
   * @param extents of the parts
   */
  public Projected applyBefore(Linear projection, Tensor x, Pass pass, long... extents) {
    Ops ops = pass.ops();
    boolean plain = !reversed && pass.sequences().segments().isEmpty() && !pass.training();
    if (plain && projection.bias() == null && ops.activation() == DType.BF16) {
      ConvolvedProjection op =
          new ConvolvedProjection(new CausalConv1d(true), Arrays.stream(extents).boxed().toList());
      ConvolvedProjection.Operands of =
          new ConvolvedProjection.Operands(
              x,
              ops.value(weight),
              bias == null ? null : ops.value(bias),
              pass.state().map(state -> state.get(STATE)).orElse(null),
              ops.matrix(projection.weight()));
      if (op.pays(of)) {
        return projected(op.apply(ops, of), pass);
      }
    }
    Tensor y = apply(x, pass);
    return new Projected(y, ops.split(projection.apply(ops, y), 2, extents));
  }

  private static Projected projected(ConvolvedProjection.Result result, Pass pass) {
    Tensor tail = result.tail();
    if (tail != null) {
      pass.state().orElseThrow().advance(STATE, tail);
    }
    return new Projected(result.y(), result.parts());
  }

  /**
   * The outputs of a product in parts of the given extents, as {@link Linear#applyParts} gives
   * them, of which one goes through the convolution. A GPU does both in one launch where it is a
   * step of one sequence.
   *
   * @param x [batch, length, in]
   * @param part which of the parts
   * @param extents of the parts
   */
  public List<Tensor> applyBehind(
      Linear projection, Tensor x, Pass pass, int part, long... extents) {
    LayerState state = pass.state().orElse(null);
    boolean step = x.shape().rows() == 1 && projection.bias() == null;
    boolean plain = !reversed && pass.sequences().segments().isEmpty();
    if (step && plain && state != null && pass.ops().activation() == DType.BF16) {
      return step(projection, x, pass.ops(), state, part, extents);
    }
    List<Tensor> parts = new ArrayList<>(projection.applyParts(pass.ops(), x, extents));
    parts.set(part, apply(parts.get(part), pass));
    return parts;
  }

  private List<Tensor> step(
      Linear projection, Tensor x, Ops ops, LayerState state, int part, long... extents) {
    long first = Arrays.stream(extents, 0, part).sum();
    CausalConv1d.Result result =
        new ProjectedConvolution(new CausalConv1d(true), first)
            .apply(
                ops,
                ops.cast(x, DType.BF16),
                ops.matrix(projection.weight()),
                ops.value(weight),
                bias == null ? null : ops.value(bias),
                state.get(STATE));
    state.advance(STATE, Objects.requireNonNull(result.tail()));
    return ops.split(result.y(), 2, extents);
  }
}
