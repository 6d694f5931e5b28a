package io.colubrid.engine.tape;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.OpBody;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a node does: the vocabulary of {@link io.colubrid.spi.op.Ops} in the form that backends
 * execute, with the few operations that only differentiation needs. Inputs and outputs are named in
 * the order in which a {@link Node} holds them.
 */
public sealed interface Operation {

  /** Short name for profiles, plans and errors. */
  default String name() {
    return getClass()
        .getSimpleName()
        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  /** An input whose place the output may take when nobody needs that input any more, or −1. */
  default int overwritable() {
    return -1;
  }

  /**
   * (a, b, bias?) → a·b, batched over equal leading axes; b may lack them.
   *
   * @param accumulate (a, b, target) → target += a·b, in place
   */
  record MatMul(boolean transposeA, boolean transposeB, boolean accumulate) implements Operation {}

  /** (a, b) → f(a, b), broadcasting. */
  record Elementwise(Binary function) implements Operation {
    @Override
    public String name() {
      return function.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (x) → f(x). */
  record Apply(Unary function) implements Operation {
    @Override
    public String name() {
      return function.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (x, gradient) → gradient·f′(x). */
  record ApplyGradient(Unary function) implements Operation {
    @Override
    public String name() {
      return function.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-gradient";
    }

    @Override
    public int overwritable() {
      return 1;
    }
  }

  /** (x) → scale·x + shift. */
  record Affine(double scale, double shift) implements Operation {
    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (a, b) → U8, broadcasting. */
  record Compare(Comparison comparison) implements Operation {}

  /** (mask, a, b) → a or b, broadcasting. */
  record Where() implements Operation {}

  /** (x) → sum along an axis, kept with extent 1. */
  record Sum(int axis) implements Operation {}

  /** (x) → maximum along an axis, kept with extent 1. */
  record Max(int axis) implements Operation {}

  /** (x) → running sum along an axis. */
  record CumulativeSum(int axis) implements Operation {}

  /** (x) → softmax over the last axis. */
  record Softmax() implements Operation {
    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (y, gradient) → gradient of x. */
  record SoftmaxGradient() implements Operation {
    @Override
    public int overwritable() {
      return 1;
    }
  }

  /** (x, weight?) → y. */
  record RmsNorm(double epsilon) implements Operation {}

  /** (x, weight?, gradient) → (gradient of x, gradient of weight if there is one). */
  record RmsNormGradient(double epsilon) implements Operation {
    @Override
    public int overwritable() {
      return 2;
    }
  }

  /** (x, weight?, bias?) → y. */
  record LayerNorm(double epsilon) implements Operation {}

  /** (x, weight?, gradient) → (gradient of x, of weight, of bias). */
  record LayerNormGradient(double epsilon) implements Operation {}

  /** (logits, targets) → (loss a row, log-sum-exp a row). */
  record CrossEntropy(double smoothing) implements Operation {}

  /** (logits, targets, log-sum-exp, gradient a row) → gradient of logits. */
  record CrossEntropyGradient(double smoothing) implements Operation {
    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (x) → x with its axes in another order. */
  record Permute(List<Integer> axes) implements Operation {}

  /** (x) → elements from {@code from} on along an axis, as many as the output has. */
  record Slice(int axis, long from) implements Operation {}

  /** (x) → x between zeros along an axis, {@code before} of them in front. */
  record Pad(int axis, long before) implements Operation {}

  /** (x) → its parts along an axis. */
  record Split(int axis) implements Operation {}

  /** (parts...) → one behind the other along an axis. */
  record Concat(int axis) implements Operation {}

  /** (x) → reversed along an axis. */
  record Flip(int axis) implements Operation {}

  /** (table, indices) → rows. */
  record GatherRows() implements Operation {}

  /**
   * (indices, rows) → a table of zeros to which each row was added at its index.
   *
   * @param accumulate (indices, rows, target) → added to target in place
   */
  record ScatterRows(boolean accumulate) implements Operation {}

  /** (x) → repeated to the output's shape. */
  record Broadcast() implements Operation {}

  /** (x) → converted to the output's dtype. */
  record Cast() implements Operation {}

  /** () → one value everywhere. */
  record Fill(double value) implements Operation {}

  /** () → the given elements. */
  record Literal(List<Double> elements) implements Operation {}

  /** () → 0, 1, 2, ... */
  record Count() implements Operation {}

  /** (x, clock) → x with elements dropped; the clock is I64 [seed, step]. */
  record Dropout(double rate, Shape maskShape, int key) implements Operation {
    @Override
    public int overwritable() {
      return 0;
    }
  }

  /** (x) → the same elements, or some of its rows, under another shape; computes nothing. */
  record View() implements Operation {}

  /** (target, x) → target += x in place, from an offset in bytes on and as far as x goes. */
  record Accumulate(long offset) implements Operation {}

  /** (target, x) → target = x, in place. */
  record Assign() implements Operation {}

  /**
   * (inputs...) → (outputs..., saved...): a plugin's operation by its body.
   *
   * @param saves whether the saved tensors are among the outputs
   */
  record Custom(Op op, OpBody body, boolean saves) implements Operation {
    @Override
    public String name() {
      return op.name();
    }

    /** Whether a product in front may do this step of a convolution in its place. */
    public boolean isConvolutionStep(Node node) {
      return isJoinable(node, CudaBody::isConvolutionStep);
    }

    /** Whether it may gate its result, and leave a norm of it to what stands behind. */
    public boolean gatesRows(Node node) {
      return isJoinable(node, CudaBody::gatesRows);
    }

    /** Whether a product beside it may make this norm of rows in its place. */
    public boolean isRowNorm(Node node) {
      return isJoinable(node, CudaBody::isRowNorm);
    }

    /**
     * What a backward pass computes again stands alone both times, so that it has the same bits.
     */
    private boolean isJoinable(Node node, BiPredicate<CudaBody, List<@Nullable TensorType>> kind) {
      return !saves
          && !node.flows()
          && body instanceof CudaBody cuda
          && kind.test(cuda, CustomRecording.types(node.inputs()));
    }
  }

  /**
   * (inputs..., outputs..., saved..., gradients of outputs...) → the wanted gradients of inputs.
   * Inputs and outputs that backward does not read are absent.
   */
  record CustomGradient(Op op, OpBody body, CustomLayout layout) implements Operation {
    @Override
    public String name() {
      return op.name() + "-gradient";
    }
  }
}
