package io.colubrid.engine.tape;

import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Few positions of what was computed for many, computed for those alone: of a prompt only the last
 * position is asked for scores. What made all positions is then needed by nobody and dropped.
 *
 * @param axis of positions
 */
record EarlySlice(Recorder recorder, int axis, long from, long to) {
  // Where others need all positions as well, computing some twice must cost next to nothing.
  private static final long FEW = 16;

  /** The slice, or null where what made a value has to be sliced behind it. */
  @Nullable Tensor of(Value x) {
    boolean few = FEW * (to - from) <= x.dim(axis) && axis < x.shape().rank() - 1;
    Node maker = few && !recorder.differentiating() ? maker(x) : null;
    return maker == null ? null : recorder.at(maker.path(), () -> sliced(x, maker));
  }

  /**
   * What computed a temporary, if nothing has overwritten that or what it was computed of since.
   */
  private @Nullable Node maker(Value x) {
    if (x.buffer().isPersistent()) {
      return null;
    }
    List<Node> nodes = recorder.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (nodes.get(i).outputs().contains(x)) {
        return isOverwritten(nodes, i) ? null : nodes.get(i);
      }
    }
    return null;
  }

  private static boolean isOverwritten(List<Node> nodes, int maker) {
    Node made = nodes.get(maker);
    return nodes.subList(maker + 1, nodes.size()).stream()
        .filter(node -> !(node.operation() instanceof Operation.View))
        .flatMap(node -> node.outputs().stream())
        .anyMatch(written -> isIn(made.inputs(), written) || isIn(made.outputs(), written));
  }

  private static boolean isIn(List<? extends @Nullable Value> values, Value written) {
    return values.stream().anyMatch(value -> value != null && value.buffer() == written.buffer());
  }

  private @Nullable Tensor sliced(Value x, Node maker) {
    return switch (maker.operation()) {
      case Operation.Elementwise f when all(x, maker) -> {
        Tensor left = slice(maker.input(0));
        yield recorder.ops().binary(f.function(), left, slice(maker.input(1)));
      }
      case Operation.Cast cast when all(x, maker) ->
          recorder.ops().cast(slice(maker.input(0)), x.dtype());
      case Operation.View view -> ofProduct(x, maker.input(0));
      default -> null;
    };
  }

  /** Whether all inputs are temporaries of the same shape. */
  private static boolean all(Value x, Node maker) {
    return maker.inputs().stream()
        .allMatch(
            input ->
                input != null && !input.buffer().isPersistent() && input.shape().equals(x.shape()));
  }

  private Tensor slice(Value x) {
    return recorder.ops().slice(x, axis, from, to);
  }

  /** Of positions times a matrix, both positions and product seen as rows: see `linear`. */
  private @Nullable Tensor ofProduct(Value x, Value rows) {
    Node product = maker(rows);
    if (product == null
        || !(product.operation() instanceof Operation.MatMul how)
        || !how.equals(new Operation.MatMul(false, true, false))
        || rows.shape().rank() != 2
        || rows.dim(-1) != x.dim(-1)) {
      return null;
    }
    Node flattened = maker(product.input(0));
    if (flattened == null || !(flattened.operation() instanceof Operation.View)) {
      return null;
    }
    Value positions = flattened.input(0);
    long width = product.input(0).dim(-1);
    if (positions.buffer().isPersistent()
        || !positions.shape().equals(x.shape().with(-1, width))
        || positions.dtype() != product.input(0).dtype()) {
      return null;
    }
    Tensor few = slice(positions);
    Shape flat = Shape.of(few.shape().rows(), width);
    Value result =
        recorder.record(
            how,
            rows.type().withShape(flat.with(-1, x.dim(-1))),
            (Value) recorder.ops().reshape(few, flat),
            product.input(1),
            product.inputs().get(2));
    return recorder.ops().reshape(result, few.shape().with(-1, x.dim(-1)));
  }
}
