package io.colubrid.engine.tape;

import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.DifferentiableOp;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The gradient of every differentiable operation, in terms of the vocabulary itself. */
final class GradientRules {
  private final Recorder recorder;
  private final RecordingOps ops;

  GradientRules(Recorder recorder) {
    this.recorder = recorder;
    this.ops = recorder.ops();
  }

  /**
   * @param node the forward node, with the values that its rule may read
   * @param arriving gradients of its outputs, null where none arrived
   */
  void record(Node node, List<@Nullable Value> arriving, InputGradients inputs) {
    if (node.operation() instanceof Operation.Split) {
      inputs.add(0, joined(node, arriving));
      return;
    }
    if (node.operation() instanceof Operation.Custom custom) {
      custom(node, custom, arriving, inputs);
      return;
    }
    Value g = arriving.getFirst();
    if (g != null) {
      single(node, g, inputs);
    }
  }

  private void single(Node node, Value g, InputGradients inputs) {
    switch (node.operation()) {
      case Operation.MatMul product -> matMul(node, product, g, inputs);
      case Operation.Elementwise e -> elementwise(node, e.function(), g, inputs);
      case Operation.Apply apply -> apply(node, apply, g, inputs);
      case Operation.Affine affine -> inputs.add(0, (Value) ops.scale(g, affine.scale()));
      case Operation.Where where -> where(node, g, inputs);
      case Operation.Sum sum -> inputs.add(0, (Value) ops.broadcast(g, node.input(0).shape()));
      case Operation.Max max -> max(node, g, inputs);
      case Operation.CumulativeSum sum -> {
        Tensor reversed = ops.cumsum(ops.flip(g, sum.axis()), sum.axis());
        inputs.add(0, (Value) ops.flip(reversed, sum.axis()));
      }
      case Operation.Softmax softmax ->
          inputs.add(
              0, recorder.record(new Operation.SoftmaxGradient(), g.type(), node.output(), g));
      case Operation.RmsNorm norm -> rmsNorm(node, norm, g, inputs);
      case Operation.LayerNorm norm -> layerNorm(node, norm, g, inputs);
      case Operation.CrossEntropy loss -> crossEntropy(node, loss, g, inputs);
      case Operation.Permute permute -> inputs.add(0, permuteBack(permute, g));
      case Operation.View view -> view(node, g, inputs);
      case Operation.Slice slice ->
          inputs.add(0, pad(g, node.input(0).type(), slice.axis(), slice.from()));
      case Operation.Pad pad -> {
        long to = pad.before() + node.input(0).dim(pad.axis());
        inputs.add(0, (Value) ops.slice(g, pad.axis(), pad.before(), to));
      }
      case Operation.Concat concat -> concat(node, concat, g, inputs);
      case Operation.Flip flip -> inputs.add(0, (Value) ops.flip(g, flip.axis()));
      case Operation.GatherRows gather -> inputs.addRows(0, node.input(1), g);
      case Operation.ScatterRows scatter -> inputs.add(1, (Value) ops.gatherRows(g, node.input(0)));
      case Operation.Broadcast broadcast -> inputs.add(0, reduced(g, node.input(0).shape()));
      case Operation.Cast cast -> inputs.add(0, (Value) ops.cast(g, node.input(0).dtype()));
      case Operation.Dropout dropout ->
          inputs.add(0, recorder.record(dropout, g.type(), g, node.input(1)));
      default ->
          throw new IllegalStateException(
              node.label() + " has no gradient rule, but a gradient arrived at it");
    }
  }

  private void matMul(Node node, Operation.MatMul product, Value g, InputGradients inputs) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value gradient = (Value) ops.cast(g, a.dtype());
    if (inputs.wants(0)) {
      if (product.transposeA()) {
        inputs.addProduct(0, b, product.transposeB(), gradient, true);
      } else {
        inputs.addProduct(0, gradient, false, b, !product.transposeB());
      }
    }
    if (inputs.wants(1)) {
      boolean shared = b.shape().rank() == 2 && a.shape().rank() > 2;
      weight(product, shared ? flat(a, product) : a, shared ? flat(gradient) : gradient, inputs);
    }
    if (node.inputs().size() > 2 && inputs.wants(2)) {
      inputs.add(2, (Value) ops.sum(flat(g), 0));
    }
  }

  private static void weight(
      Operation.MatMul product, Value a, Value gradient, InputGradients inputs) {
    if (product.transposeB()) {
      inputs.addProduct(1, gradient, true, a, product.transposeA());
    } else {
      inputs.addProduct(1, a, !product.transposeA(), gradient, false);
    }
  }

  private Value flat(Value a, Operation.MatMul product) {
    if (product.transposeA()) {
      throw new IllegalStateException("a transposed batch has no gradient for a shared matrix");
    }
    return flat(a);
  }

  private Value flat(Value x) {
    return (Value) ops.reshape(x, Shape.of(x.shape().rows(), x.dim(-1)));
  }

  private void elementwise(Node node, Binary function, Value g, InputGradients inputs) {
    Value a = node.input(0);
    Value b = node.input(1);
    switch (function) {
      case ADD -> operands(node, g, g, inputs);
      case SUBTRACT -> operands(node, g, inputs.wants(1) ? ops.negate(g) : null, inputs);
      case MULTIPLY ->
          operands(
              node,
              inputs.wants(0) ? ops.multiply(g, b) : null,
              inputs.wants(1) ? ops.multiply(g, a) : null,
              inputs);
      case DIVIDE -> {
        Tensor left = ops.divide(g, b);
        Tensor right = inputs.wants(1) ? ops.multiply(left, node.output()) : null;
        operands(node, left, right == null ? null : ops.negate(right), inputs);
      }
      case MAXIMUM -> {
        Tensor mask = ops.compare(Comparison.GREATER_OR_EQUAL, a, b);
        chosen(node, mask, g, inputs);
      }
      case MINIMUM -> {
        Tensor mask = ops.compare(Comparison.LESS_OR_EQUAL, a, b);
        chosen(node, mask, g, inputs);
      }
    }
  }

  private void chosen(Node node, Tensor mask, Value g, InputGradients inputs) {
    Tensor zero = zero(g);
    operands(node, ops.where(mask, g, zero), ops.where(mask, zero, g), inputs);
  }

  private void operands(
      Node node, @Nullable Tensor left, @Nullable Tensor right, InputGradients inputs) {
    if (left != null && inputs.wants(0)) {
      inputs.add(0, reduced((Value) left, node.input(0).shape()));
    }
    if (right != null && inputs.wants(1)) {
      inputs.add(1, reduced((Value) right, node.input(1).shape()));
    }
  }

  /** Sums a gradient over the axes along which a value was broadcast. */
  private Value reduced(Value g, Shape shape) {
    if (g.shape().equals(shape)) {
      return g;
    }
    Shape padded = Broadcasting.padded(shape, g.shape().rank());
    Tensor sum = g;
    for (int axis = 0; axis < padded.rank(); axis++) {
      if (padded.dim(axis) == 1 && sum.dim(axis) != 1) {
        sum = ops.sum(sum, axis);
      }
    }
    return (Value) ops.reshape(sum, shape);
  }

  private void apply(Node node, Operation.Apply apply, Value g, InputGradients inputs) {
    inputs.add(
        0,
        recorder.record(new Operation.ApplyGradient(apply.function()), g.type(), node.input(0), g));
  }

  private void where(Node node, Value g, InputGradients inputs) {
    Value mask = node.input(0);
    Tensor zero = zero(g);
    if (inputs.wants(1)) {
      inputs.add(1, reduced((Value) ops.where(mask, g, zero), node.input(1).shape()));
    }
    if (inputs.wants(2)) {
      inputs.add(2, reduced((Value) ops.where(mask, zero, g), node.input(2).shape()));
    }
  }

  private Tensor zero(Value like) {
    return ops.constant(like.dtype(), Shape.scalar(), 0);
  }

  private void max(Node node, Value g, InputGradients inputs) {
    Value x = node.input(0);
    Tensor mask = ops.compare(Comparison.EQUAL, x, node.output());
    inputs.add(0, (Value) ops.where(mask, ops.broadcast(g, x.shape()), zero(g)));
  }

  private void rmsNorm(Node node, Operation.RmsNorm norm, Value g, InputGradients inputs) {
    Value weight = node.inputs().get(1);
    List<TensorType> types = new ArrayList<>(List.of(node.input(0).type()));
    List<@Nullable Value> read = new ArrayList<>();
    read.add(node.input(0));
    read.add(weight);
    read.add(g);
    if (weight != null) {
      types.add(weight.type());
    }
    List<Value> gradients =
        recorder.record(new Operation.RmsNormGradient(norm.epsilon()), types, read);
    inputs.add(0, gradients.getFirst());
    if (weight != null) {
      inputs.add(1, gradients.get(1));
    }
  }

  private void layerNorm(Node node, Operation.LayerNorm norm, Value g, InputGradients inputs) {
    Value x = node.input(0);
    Value weight = node.inputs().get(1);
    List<@Nullable Value> read = new ArrayList<>();
    read.add(x);
    read.add(weight);
    read.add(g);
    TensorType vector = x.type().withShape(Shape.of(x.dim(-1)));
    List<Value> gradients =
        recorder.record(
            new Operation.LayerNormGradient(norm.epsilon()),
            List.of(x.type(), vector, vector),
            read);
    for (int i = 0; i < 3; i++) {
      if (inputs.wants(i)) {
        inputs.add(i, gradients.get(i));
      }
    }
  }

  private void crossEntropy(
      Node node, Operation.CrossEntropy loss, Value g, InputGradients inputs) {
    Value logits = node.input(0);
    inputs.add(
        0,
        recorder.record(
            new Operation.CrossEntropyGradient(loss.smoothing()),
            logits.type(),
            logits,
            node.input(1),
            node.outputs().get(1),
            g));
  }

  private Value permuteBack(Operation.Permute permute, Value g) {
    int[] back = new int[permute.axes().size()];
    for (int i = 0; i < back.length; i++) {
      back[permute.axes().get(i)] = i;
    }
    return (Value) ops.permute(g, back);
  }

  private void view(Node node, Value g, InputGradients inputs) {
    Value x = node.input(0);
    if (x.shape().elements() == g.shape().elements()) {
      inputs.add(0, (Value) ops.reshape(g, x.shape()));
    } else {
      inputs.addPart(0, g, node.output().offset() - x.offset());
    }
  }

  private Value pad(Value g, TensorType type, int axis, long before) {
    return recorder.record(new Operation.Pad(axis, before), g.type().withShape(type.shape()), g);
  }

  private Value joined(Node node, List<@Nullable Value> arriving) {
    Operation.Split split = (Operation.Split) node.operation();
    List<Tensor> parts = new ArrayList<>();
    for (int i = 0; i < arriving.size(); i++) {
      Value g = arriving.get(i);
      TensorType type = node.outputs().get(i).type();
      parts.add(g != null ? g : ops.constant(type.dtype(), type.shape(), 0));
    }
    return (Value) ops.concat(split.axis(), parts);
  }

  private void concat(Node node, Operation.Concat concat, Value g, InputGradients inputs) {
    long[] extents =
        node.inputs().stream()
            .mapToLong(part -> Objects.requireNonNull(part).dim(concat.axis()))
            .toArray();
    List<Tensor> parts = ops.split(g, concat.axis(), extents);
    for (int i = 0; i < parts.size(); i++) {
      inputs.add(i, (Value) parts.get(i));
    }
  }

  private void custom(
      Node node, Operation.Custom custom, List<@Nullable Value> arriving, InputGradients inputs) {
    int count = node.inputs().size();
    int outputs = custom.op().outputs(CustomRecording.types(node.inputs())).size();
    List<@Nullable Value> read = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      read.add(custom.body().backwardReadsInput(i) ? node.inputs().get(i) : null);
    }
    for (int i = 0; i < outputs; i++) {
      read.add(custom.body().backwardReadsOutput(i) ? node.outputs().get(i) : null);
    }
    List<Value> saved = node.outputs().subList(outputs, node.outputs().size());
    read.addAll(saved);
    for (int i = 0; i < outputs; i++) {
      read.add(outputGradient(custom, node, arriving.get(i), i));
    }
    List<TensorType> types = new ArrayList<>();
    List<Integer> gradientOf = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean wanted = inputs.wants(i);
      gradientOf.add(wanted ? types.size() : -1);
      if (wanted) {
        types.add(node.input(i).type());
      }
    }
    CustomLayout layout =
        new CustomLayout(
            CustomRecording.types(node.inputs()), outputs, saved.size(), List.copyOf(gradientOf));
    List<Value> gradients =
        recorder.record(
            new Operation.CustomGradient(custom.op(), custom.body(), layout), types, read);
    for (int i = 0; i < count; i++) {
      if (gradientOf.get(i) >= 0) {
        inputs.addOwn(i, gradients.get(gradientOf.get(i)));
      }
    }
  }

  private @Nullable Value outputGradient(
      Operation.Custom custom, Node node, @Nullable Value arrived, int output) {
    if (arrived != null || !(custom.op() instanceof DifferentiableOp op)) {
      return arrived;
    }
    TensorType type = node.outputs().get(output).type();
    return op.differentiable(output) && type.dtype() != DType.I32
        ? (Value) ops.constant(type.dtype(), type.shape(), 0)
        : null;
  }
}
