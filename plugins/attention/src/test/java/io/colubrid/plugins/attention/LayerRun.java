package io.colubrid.plugins.attention;

import io.colubrid.engine.memory.Storage;
import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.engine.tape.Recorder;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.layer.BuildContext;
import io.colubrid.spi.layer.Initializer;
import io.colubrid.spi.layer.Layer;
import io.colubrid.spi.layer.LayerSpec;
import io.colubrid.spi.layer.LayerState;
import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.Pass;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.layer.Sequences;
import io.colubrid.spi.layer.StateSpec;
import io.colubrid.spi.layer.StreamShape;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** A layer alone, with random weights: builds it, and records and runs single passes. */
final class LayerRun implements BuildContext {
  private final long width;
  private final Map<String, ModelParameter> parameters = new LinkedHashMap<>();
  private final Map<String, float[]> weights = new LinkedHashMap<>();
  private final SplittableRandom random = new SplittableRandom(5);
  private final Layer layer;
  private final Map<String, double[]> states = new LinkedHashMap<>();
  private int length;

  LayerRun(long width, AttentionConfig config) {
    this.width = width;
    layer = new AttentionLayerFactory().create(config, this);
  }

  Map<String, ModelParameter> parameters() {
    return parameters;
  }

  Layer layer() {
    return layer;
  }

  /** The output for dense rows, or for rows with segments and positions. */
  double[] whole(int batch, float[] x, int[] segments, int[] positions) {
    try (var run = new EngineRun(DType.F32, Recorder.Bodies.FAST, false)) {
      Shape shape = Shape.of(batch, x.length / batch / width, width);
      Pass pass = new OnePass(run, rows(run, shape, segments, positions), null);
      weights.forEach((path, values) -> bind(run, path, values));
      return run.run(layer.forward(run.input(shape, x), pass))[0];
    }
  }

  /** Records the layer's output for dense rows. */
  Tensor record(EngineRun run, Shape shape, float[] x) {
    weights.forEach((path, values) -> bind(run, path, values));
    return layer.forward(run.input(shape, x), new OnePass(run, rows(run, shape, null, null), null));
  }

  /** The output for the next positions of one sequence, of at most {@code capacity} in all. */
  double[] next(float[] x, long capacity) {
    try (var run = new EngineRun(DType.F32, Recorder.Bodies.FAST, false)) {
      Shape shape = Shape.of(1, x.length / width, width);
      weights.forEach((path, values) -> bind(run, path, values));
      var state = new OneState(run, capacity);
      Pass pass = new OnePass(run, rows(run, shape, null, null), state);
      double[][] out = run.run(layer.forward(run.input(shape, x), pass), state.k, state.v);
      states.put("k", out[1]);
      states.put("v", out[2]);
      length += (int) shape.dim(1);
      return out[0];
    }
  }

  private void bind(EngineRun run, String path, float[] values) {
    run.parameter(path, parameters.get(path).shape(), values);
  }

  private static Rows rows(EngineRun run, Shape shape, int[] segments, int[] positions) {
    Shape tokens = Shape.of(shape.dim(0), shape.dim(1));
    return segments == null
        ? new Rows(Sequences.Kind.DENSE, Optional.empty(), Optional.empty())
        : new Rows(
            Sequences.Kind.PACKED,
            Optional.of(run.ints(tokens, segments)),
            Optional.of(run.ints(tokens, positions)));
  }

  private record Rows(Kind kind, Optional<Tensor> segments, Optional<Tensor> positions)
      implements Sequences {}

  private final class OneState implements LayerState {
    private final EngineRun run;
    private final Value lengths;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private Value k;
    private Value v;

    OneState(EngineRun run, long capacity) {
      this.run = run;
      this.lengths = run.ints(Shape.of(1), length);
      for (StateSpec spec : layer.traits().states()) {
        TensorType type = new TensorType(spec.dtype(), spec.storage(1, capacity));
        double[] before = states.get(spec.name());
        float[] elements =
            before == null ? new float[(int) type.shape().elements()] : EngineRun.floats(before);
        Storage storage = run.storage(type, elements);
        values.put(spec.name(), run.state(storage, type.shape()));
      }
    }

    @Override
    public Tensor get(String name) {
      return values.get(name);
    }

    @Override
    public void advance(String name, Tensor next) {
      run.recorder().assign(values.get(name), (Value) next);
      if (name.equals("k")) {
        k = (Value) next;
      } else {
        v = (Value) next;
      }
    }

    @Override
    public Tensor lengths() {
      return lengths;
    }
  }

  private record OnePass(EngineRun run, Sequences sequences, OneState states) implements Pass {
    @Override
    public Pass over(Sequences rows) {
      return new OnePass(run, rows, states);
    }

    @Override
    public Ops ops() {
      return run.ops();
    }

    @Override
    public boolean training() {
      return false;
    }

    @Override
    public Optional<LayerState> state() {
      return Optional.ofNullable(states);
    }

    @Override
    public RandomStream random(String purpose) {
      return RandomStream.named(purpose);
    }

    @Override
    public void addLoss(String name, Tensor scalar) {}

    @Override
    public void metric(String name, Tensor scalar) {}

    @Override
    public void tap(String name, Tensor value) {}

    @Override
    public Tensor recomputed(Supplier<Tensor> part) {
      return part.get();
    }
  }

  @Override
  public String path() {
    return "layer";
  }

  @Override
  public StreamShape input() {
    return StreamShape.sequence(width);
  }

  @Override
  public int residualBranches() {
    return 4;
  }

  @Override
  public Parameter parameter(
      String name, Shape shape, Initializer initializer, Parameter.Role role) {
    String path = path() + "." + name;
    ModelParameter parameter = new ModelParameter(path, shape, initializer, role);
    parameters.put(path, parameter);
    float[] values = Normal.floats(random, shape.elements());
    for (int i = 0; i < values.length; i++) {
      values[i] /= (float) Math.sqrt((double) shape.dim(-1));
    }
    weights.put(path, values);
    return parameter;
  }

  @Override
  public Parameter tied(String name, String path, Shape shape) {
    throw new UnsupportedOperationException("attention ties nothing");
  }

  @Override
  public Layer create(String name, LayerSpec spec, StreamShape input) {
    throw new UnsupportedOperationException("attention has no layers inside");
  }

  @Override
  public Layer createShared(String name, LayerSpec spec, StreamShape input, String sharing) {
    throw new UnsupportedOperationException("attention has no layers inside");
  }
}
