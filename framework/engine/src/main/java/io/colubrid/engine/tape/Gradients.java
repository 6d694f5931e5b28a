package io.colubrid.engine.tape;

import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reverse-mode differentiation of a recording: walks its nodes backwards and records their gradient
 * rules behind them. A gradient is an ordinary value, so it dies at its last use; what the rules
 * read of the forward pass is what stays alive, and nothing else.
 *
 * <p>Where a part was recorded as {@link Recorder#recomputed}, its nodes are recorded once more
 * when the walk arrives at its end, and the rules read the new values.
 */
public final class Gradients {
  private final Recorder recorder;
  private final GradientRules rules;
  private final Map<Value, Value> pending = new HashMap<>();
  private final Map<Value, Value> recomputed = new HashMap<>();
  private final Map<Value, Node> repeated = new HashMap<>();

  private final Map<Value, Value> reshaped = new HashMap<>();

  /** Pending gradients that nobody else knows, so that they can be added to in place. */
  private final Set<Value> own = new HashSet<>();

  private Gradients(Recorder recorder) {
    this.recorder = recorder;
    this.rules = new GradientRules(recorder);
  }

  /**
   * Records the backward pass of a scalar. Gradients of parameters are added to their targets.
   *
   * @param loss the scalar to differentiate
   * @param seed what its gradient is taken as, such as 1, or a loss scale
   * @param wanted further values whose gradients are answered
   * @return the gradients of the wanted values that the loss depends on
   */
  public static Map<Value, Value> record(
      Recorder recorder, Tensor loss, Tensor seed, Collection<Value> wanted) {
    Gradients gradients = new Gradients(recorder);
    return recorder.in(
        Node.Phase.BACKWARD, () -> gradients.walk((Value) loss, (Value) seed, wanted));
  }

  private Map<Value, Value> walk(Value loss, Value seed, Collection<Value> wanted) {
    List<Node> forward = List.copyOf(recorder.nodes());
    forward.forEach(node -> findReshaped(node, wanted));
    List<Recorder.Region> regions = new ArrayList<>(recorder.regions());
    Map<Value, Value> answers = new HashMap<>();
    pending.put(loss, seed);
    for (int i = forward.size() - 1; i >= 0; i--) {
      while (!regions.isEmpty() && regions.getLast().to() == i + 1) {
        recompute(forward, regions.removeLast());
      }
      backward(forward.get(i), wanted, answers);
    }
    recorder.reorder(Deferral.apply(recorder.nodes(), recorder.regions(), recomputed));
    for (Value value : wanted) {
      Value gradient = pending.get(value);
      if (gradient != null) {
        answers.put(value, gradient);
      }
    }
    return answers;
  }

  /** Gradients of a value under another shape go to the value itself, where they can meet. */
  private void findReshaped(Node node, Collection<Value> wanted) {
    if (node.operation() instanceof Operation.View && node.output().differentiable()) {
      Value x = node.input(0);
      boolean whole = x.shape().elements() == node.output().shape().elements();
      boolean known = recorder.gradientTarget(x) != null || wanted.contains(node.output());
      if (whole && !known) {
        reshaped.put(node.output(), reshaped.getOrDefault(x, x));
      }
    }
  }

  private void recompute(List<Node> forward, Recorder.Region region) {
    boolean needed =
        forward.subList(region.from(), region.to()).stream()
            .flatMap(node -> node.outputs().stream())
            .anyMatch(pending::containsKey);
    if (needed) {
      recorder.in(
          Node.Phase.RECOMPUTATION,
          () -> {
            forward.subList(region.from(), region.to()).forEach(this::repeat);
            return null;
          });
    }
  }

  private void repeat(Node node) {
    if (node.hasSideEffect() && !(node.operation() instanceof Operation.View)) {
      return;
    }
    Node again = NodeCopy.of(node, resolve(node.inputs()), recorder);
    for (int i = 0; i < node.outputs().size(); i++) {
      recomputed.put(node.outputs().get(i), again.outputs().get(i));
    }
    repeated.put(node.output(), again);
  }

  private void backward(Node node, Collection<Value> wanted, Map<Value, Value> answers) {
    List<@Nullable Value> arriving = new ArrayList<>();
    for (Value output : node.outputs()) {
      Value gradient = pending.remove(output);
      // From here on the rules know it, and may hand it to several.
      own.remove(gradient);
      if (gradient != null && wanted.contains(output)) {
        answers.put(output, gradient);
      }
      arriving.add(gradient);
    }
    if (arriving.stream().allMatch(Objects::isNull)) {
      return;
    }
    Node known = repeated.get(node.output());
    Node resolved = known != null ? known : node;
    recorder.at(
        node.path(),
        () -> {
          rules.record(resolved, arriving, new Sink(node));
          return null;
        });
  }

  private List<@Nullable Value> resolve(List<@Nullable Value> values) {
    List<@Nullable Value> resolved = new ArrayList<>();
    for (Value value : values) {
      resolved.add(value == null ? null : recomputed.getOrDefault(value, value));
    }
    return resolved;
  }

  /** Sends gradients to the inputs of a node as the forward pass knew them. */
  private final class Sink implements InputGradients {
    private final Node node;

    Sink(Node node) {
      this.node = node;
    }

    @Override
    public boolean wants(int input) {
      Value value = node.inputs().get(input);
      return value != null && value.differentiable();
    }

    @Override
    public void add(int input, Value gradient) {
      if (!wants(input)) {
        return;
      }
      Value value = node.input(input);
      Value target = recorder.gradientTarget(value);
      if (target != null) {
        Value shaped = (Value) recorder.ops().reshape(gradient, target.shape());
        Value added = (Value) recorder.ops().cast(shaped, target.dtype());
        inPlace(new Operation.Accumulate(0), target, target, added);
        return;
      }
      addToPending(value, gradient, false);
    }

    @Override
    public void addOwn(int input, Value gradient) {
      if (wants(input) && recorder.gradientTarget(node.input(input)) == null) {
        addToPending(node.input(input), gradient, true);
      } else {
        add(input, gradient);
      }
    }

    private void addToPending(Value value, Value gradient, boolean fresh) {
      // What a GPU keeps in BF16 has gradients in BF16.
      Value fitting =
          value.dtype() == recorder.activation()
              ? (Value) recorder.ops().cast(gradient, value.dtype())
              : gradient;
      Value before = pending.get(value);
      if (before != null) {
        keep(value, (Value) recorder.ops().add(before, fitting));
      } else if (fresh || fitting != gradient) {
        keep(value, fitting);
      } else {
        pending.put(value, fitting);
      }
    }

    @Override
    public void addPart(int input, Value part, long offset) {
      if (!wants(input)) {
        return;
      }
      Value value = node.input(input);
      Value target = recorder.gradientTarget(value);
      Value whole = target == null ? whole(value) : target;
      Value added = (Value) recorder.ops().cast(part, whole.dtype());
      long from = offset / value.dtype().bytes() * whole.dtype().bytes();
      Value sum = whole.view(whole.type(), 0, false);
      recorder.add(new Operation.Accumulate(from), List.of(whole, added), List.of(sum));
      if (target == null) {
        keep(value, sum);
      }
    }

    /** The pending gradient of a value, or zeros, as something that can be added to in place. */
    private Value whole(Value value) {
      RecordingOps ops = recorder.ops();
      Value before = pending.get(value);
      if (before == null) {
        return (Value) ops.constant(value.dtype(), value.shape(), 0);
      }
      return own.contains(before) ? before : (Value) ops.affine(before, 1, 0);
    }

    private void keep(Value value, Value sum) {
      pending.put(value, sum);
      own.add(sum);
    }

    @Override
    public void addProduct(int input, Value a, boolean transposeA, Value b, boolean transposeB) {
      Value target = wants(input) ? recorder.gradientTarget(node.input(input)) : null;
      if (target != null) {
        inPlace(new Operation.MatMul(transposeA, transposeB, true), target, a, b, target);
      } else if (wants(input)) {
        addProductToPending(input, a, transposeA, b, transposeB);
      }
    }

    /** A product is added in place to what only this walk knows. */
    private void addProductToPending(
        int input, Value a, boolean transposeA, Value b, boolean transposeB) {
      Value shaped = node.input(input);
      Value value = reshaped.getOrDefault(shaped, shaped);
      RecordingOps ops = recorder.ops();
      Value before = pending.get(value);
      if (before != null && own.contains(before)) {
        Value target = (Value) ops.reshape(before, shaped.shape());
        Value sum = target.view(target.type(), 0, false);
        Operation added = new Operation.MatMul(transposeA, transposeB, true);
        recorder.add(added, List.of(a, b, target), List.of(sum));
        keep(value, (Value) ops.reshape(sum, before.shape()));
        return;
      }
      DType dtype = value.dtype() == DType.BF16 ? recorder.activation() : value.dtype();
      Value product = ops.product(dtype, shaped.shape(), a, transposeA, b, transposeB);
      addToPending(value, (Value) ops.reshape(product, value.shape()), true);
    }

    @Override
    public void addRows(int input, Value indices, Value rows) {
      Value target = wants(input) ? recorder.gradientTarget(node.input(input)) : null;
      if (target != null) {
        inPlace(new Operation.ScatterRows(true), target, indices, rows, target);
      } else if (wants(input)) {
        add(input, addedRows(node.input(input).shape(), indices, rows));
      }
    }

    /** Rows that meet are added in F32, and rounded once. */
    private Value addedRows(Shape shape, Value indices, Value rows) {
      boolean half = rows.dtype() == DType.BF16;
      RecordingOps ops = recorder.ops();
      Value wide = half ? (Value) ops.cast(rows, DType.F32) : rows;
      Value sum =
          recorder.record(
              new Operation.ScatterRows(false), wide.type().withShape(shape), indices, wide);
      return (Value) ops.cast(sum, rows.dtype());
    }

    private void inPlace(Operation operation, Value target, Value... inputs) {
      recorder.add(operation, List.of(inputs), List.of(target.view(target.type(), 0, false)));
    }
  }
}
