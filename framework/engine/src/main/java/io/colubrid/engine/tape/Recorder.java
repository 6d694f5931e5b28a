package io.colubrid.engine.tape;

import io.colubrid.engine.memory.Storage;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a recording: nodes in the order in which they will run. Handles of one recorder mean
 * nothing to another. Not for several threads at once.
 */
public final class Recorder {
  /** Whether plugins' operations are recorded by their bodies or by their definitions. */
  public enum Bodies {
    /** The bodies for the CPU. */
    FAST,
    /** The bodies for NVIDIA GPUs. */
    CUDA,
    /** The definitions alone. */
    REFERENCE
  }

  private final ParameterBinding binding;
  private final Bodies bodies;
  private final boolean differentiating;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Region> regions = new ArrayList<>();
  private final Map<Storage, Buffer> buffers = new HashMap<>();
  private final Map<String, Value> parameters = new HashMap<>();
  private final Map<Value, Value> gradientTargets = new HashMap<>();
  private final Deque<String> path = new ArrayDeque<>();
  private final RecordingOps ops = new RecordingOps(this);
  private Node.Phase phase = Node.Phase.FORWARD;
  private boolean recomputing;
  private @Nullable Value clock;

  /** Nodes {@code from} to {@code to} whose values are computed again in the backward pass. */
  record Region(int from, int to) {}

  public Recorder(ParameterBinding binding, Bodies bodies, boolean differentiating) {
    this.binding = binding;
    this.bodies = bodies;
    this.differentiating = differentiating;
  }

  public RecordingOps ops() {
    return ops;
  }

  public boolean differentiating() {
    return differentiating;
  }

  Bodies bodies() {
    return bodies;
  }

  /** Whether what is recorded now will be recorded again for the backward pass. */
  boolean recomputing() {
    return recomputing;
  }

  List<Node> nodes() {
    return Collections.unmodifiableList(nodes);
  }

  /** Puts nodes that compute the same in the place of all that were recorded. */
  void reorder(List<Node> others) {
    List<Node> copy = List.copyOf(others);
    nodes.clear();
    nodes.addAll(copy);
  }

  List<Region> regions() {
    return Collections.unmodifiableList(regions);
  }

  /** A value in memory that outlives the program, such as an input or a state. */
  public Value external(Storage storage, TensorType type) {
    return external(storage, 0, type, false);
  }

  /** The same, from an offset on, perhaps differentiable. */
  public Value external(Storage storage, long offset, TensorType type, boolean gradients) {
    return Value.persistent(type, buffer(storage), offset, gradients && differentiating);
  }

  private Buffer buffer(Storage storage) {
    return buffers.computeIfAbsent(storage, Buffer::of);
  }

  /**
   * Records that a persistent value is overwritten; free where the next value already lies there.
   */
  public void assign(Value target, Value next) {
    if (!target.liesWhere(next)) {
      CustomRecording.assign(this, target, next);
    }
  }

  /** Records that a persistent value becomes another one, converted to its dtype. */
  public void cast(Value x, Value target) {
    add(new Operation.Cast(), List.of(x), List.of(target.view(target.type(), 0, false)));
  }

  /** Records that every element of a persistent value becomes the same number. */
  public void fill(Value target, double number) {
    add(new Operation.Fill(number), List.of(), List.of(target.view(target.type(), 0, false)));
  }

  /** Names the storage of the I64 pair (seed, step) that random streams are keyed by. */
  public void clock(Storage storage) {
    clock = external(storage, new TensorType(DType.I64, Shape.of(2)));
  }

  Value clock() {
    if (clock == null) {
      throw new IllegalStateException("this pass has no source of random numbers");
    }
    return clock;
  }

  /** The masters of a parameter as a value. */
  public Value parameter(Parameter parameter) {
    return parameters.computeIfAbsent(
        parameter.path(), key -> bound(parameter, binding.master(parameter)));
  }

  /** The parameter in the precision of matrix products. */
  Value matrix(Parameter parameter) {
    ParameterBinding.Slot shadow = binding.shadow(parameter);
    return shadow == null
        ? parameter(parameter)
        : parameters.computeIfAbsent(parameter.path() + "~", key -> bound(parameter, shadow));
  }

  /**
   * The dtype of what products put out: BF16 on a GPU where the matrices are, else as the masters.
   */
  DType activation() {
    return bodies == Bodies.CUDA ? binding.products() : binding.masters();
  }

  private Value bound(Parameter parameter, ParameterBinding.Slot slot) {
    TensorType type = new TensorType(slot.dtype(), parameter.shape());
    ParameterBinding.Slot gradient = differentiating ? binding.gradient(parameter) : null;
    Value value = external(slot.storage(), slot.offset(), type, gradient != null);
    if (gradient != null) {
      TensorType gradientType = new TensorType(gradient.dtype(), parameter.shape());
      gradientTargets.put(
          value, external(gradient.storage(), gradient.offset(), gradientType, false));
    }
    return value;
  }

  /** Where the gradients of a parameter are added up, or null if the value is no parameter. */
  @Nullable Value gradientTarget(Value value) {
    return gradientTargets.get(value);
  }

  /** Records under the path of a layer. */
  public <T> T at(String layerPath, Supplier<T> recording) {
    path.push(layerPath);
    try {
      return recording.get();
    } finally {
      path.pop();
    }
  }

  /** The path of the layer that is recording; empty outside layers. */
  public String path() {
    return path.isEmpty() ? "" : path.peek();
  }

  /** Records a part whose inner values are not kept for the backward pass but computed again. */
  public <T> T recomputed(Supplier<T> recording) {
    if (!differentiating || recomputing) {
      return recording.get();
    }
    recomputing = true;
    int from = nodes.size();
    try {
      return recording.get();
    } finally {
      recomputing = false;
      regions.add(new Region(from, nodes.size()));
    }
  }

  /** Records in another phase than the forward one. */
  public <T> T in(Node.Phase other, Supplier<T> recording) {
    Node.Phase before = phase;
    phase = other;
    try {
      return recording.get();
    } finally {
      phase = before;
    }
  }

  Value record(Operation operation, TensorType output, @Nullable Value... inputs) {
    return record(operation, List.of(output), Arrays.asList(inputs)).getFirst();
  }

  List<Value> record(Operation operation, List<TensorType> types, List<@Nullable Value> inputs) {
    boolean gradients = differentiating && phase == Node.Phase.FORWARD && anyDifferentiable(inputs);
    List<Value> outputs = new ArrayList<>(types.size());
    for (TensorType type : types) {
      outputs.add(Value.temporary(type, gradients && type.dtype().isFloating()));
    }
    return add(operation, inputs, outputs);
  }

  /** Records a node whose outputs are already placed, such as views and in-place updates. */
  List<Value> add(Operation operation, List<@Nullable Value> inputs, List<Value> outputs) {
    nodes.add(
        new Node(
            operation,
            Collections.unmodifiableList(new ArrayList<>(inputs)),
            List.copyOf(outputs),
            path(),
            phase));
    return outputs;
  }

  static boolean anyDifferentiable(List<@Nullable Value> inputs) {
    return inputs.stream().anyMatch(input -> input != null && input.differentiable());
  }
}
