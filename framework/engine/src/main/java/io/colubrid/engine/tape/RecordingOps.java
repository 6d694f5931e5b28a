package io.colubrid.engine.tape;

import io.colubrid.spi.layer.Parameter;
import io.colubrid.spi.layer.RandomStream;
import io.colubrid.spi.op.Binary;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.op.Unary;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The vocabulary as nodes of a {@link Recorder}: infers shapes and checks them. */
public final class RecordingOps implements Ops {
  private static final int VECTOR_BYTES = 16;

  private final Recorder recorder;

  RecordingOps(Recorder recorder) {
    this.recorder = recorder;
  }

  @Override
  public Tensor linear(Tensor x, Parameter weight, @Nullable Parameter bias) {
    require(
        weight.shape().rank() == 2 && x.shape().rank() > 0 && x.dim(-1) == weight.shape().dim(1),
        "linear: the last axis of %s must be the second of weight %s %s",
        x,
        weight.path(),
        weight.shape());
    Value matrix = recorder.matrix(weight);
    Shape rows = Shape.of(x.shape().rows(), x.dim(-1));
    Value flat = (Value) cast(reshape(x, rows), matrix.dtype());
    DType dtype = matrix.dtype() == DType.BF16 ? recorder.activation() : matrix.dtype();
    Value product =
        recorder.record(
            new Operation.MatMul(false, true, false),
            new TensorType(dtype, Shape.of(rows.dim(0), weight.shape().dim(0))),
            flat,
            matrix,
            bias == null ? null : (Value) cast(recorder.parameter(bias), dtype));
    return reshape(product, x.shape().with(-1, weight.shape().dim(0)));
  }

  @Override
  public DType activation() {
    return recorder.activation();
  }

  @Override
  public Tensor embedding(Tensor ids, Parameter table) {
    Tensor flat = reshape(ids, Shape.of(ids.shape().elements()));
    Tensor rows = gatherRows(value(table), flat);
    return reshape(rows, ids.shape().insert(ids.shape().rank(), table.shape().dim(1)));
  }

  @Override
  public Tensor value(Parameter parameter) {
    return recorder.parameter(parameter);
  }

  @Override
  public Tensor matrix(Parameter parameter) {
    boolean half = recorder.activation() == DType.BF16;
    return half ? recorder.matrix(parameter) : recorder.parameter(parameter);
  }

  @Override
  public Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    require(
        a.shape().rank() >= 2 && b.shape().rank() >= 2 && agree(a, b),
        "matmul: needs two matrices of one dtype, not %s and %s",
        a,
        b);
    long m = a.dim(transposeA ? -1 : -2);
    long inner = a.dim(transposeA ? -2 : -1);
    long n = b.dim(transposeB ? -2 : -1);
    require(
        inner == b.dim(transposeB ? -1 : -2), "matmul: inner extents differ in %s and %s", a, b);
    require(
        b.shape().rank() == 2 || leading(a).equals(leading(b)),
        "matmul: leading axes differ in %s and %s",
        a,
        b);
    Shape shape = a.shape().with(-2, m).with(-1, n);
    DType common = common(a, b);
    DType dtype = common == DType.BF16 ? DType.F32 : common;
    return product(dtype, shape, cast(a, common), transposeA, cast(b, common), transposeB);
  }

  /** A product whose result has a dtype of its own. */
  Value product(
      DType dtype, Shape shape, Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    return recorder.record(
        new Operation.MatMul(transposeA, transposeB, false),
        new TensorType(dtype, shape),
        (Value) a,
        (Value) b,
        null);
  }

  private static Shape leading(Tensor x) {
    return x.shape().without(-1).without(-1);
  }

  @Override
  public Tensor binary(Binary function, Tensor a, Tensor b) {
    String name = function.name().toLowerCase(Locale.ROOT);
    require(agree(a, b), "%s: dtypes of %s and %s differ", name, a, b);
    TensorType type = new TensorType(common(a, b), Broadcasting.common(name, a.shape(), b.shape()));
    return record(
        new Operation.Elementwise(function), type, cast(a, type.dtype()), cast(b, type.dtype()));
  }

  @Override
  public Tensor unary(Unary function, Tensor x) {
    return record(new Operation.Apply(function), x.type(), x);
  }

  @Override
  public Tensor affine(Tensor x, double scale, double shift) {
    return record(new Operation.Affine(scale, shift), x.type(), x);
  }

  @Override
  public Tensor compare(Comparison comparison, Tensor a, Tensor b) {
    require(agree(a, b), "compare: dtypes of %s and %s differ", a, b);
    DType dtype = common(a, b);
    Shape shape = Broadcasting.common("compare", a.shape(), b.shape());
    return record(
        new Operation.Compare(comparison),
        new TensorType(DType.U8, shape),
        cast(a, dtype),
        cast(b, dtype));
  }

  @Override
  public Tensor where(Tensor mask, Tensor a, Tensor b) {
    require(agree(a, b), "where: dtypes of %s and %s differ", a, b);
    require(mask.dtype() == DType.U8, "where: the mask %s must be u8", mask);
    Shape shape = Broadcasting.common("where", a.shape(), b.shape());
    Shape all = Broadcasting.common("where", mask.shape(), shape);
    DType dtype = common(a, b);
    return record(
        new Operation.Where(), new TensorType(dtype, all), mask, cast(a, dtype), cast(b, dtype));
  }

  @Override
  public Tensor sum(Tensor x, int axis) {
    int at = x.shape().axis(axis);
    return record(new Operation.Sum(at), x.type().withShape(x.shape().with(at, 1)), x);
  }

  @Override
  public Tensor max(Tensor x, int axis) {
    int at = x.shape().axis(axis);
    require(x.dim(at) > 0, "max: no elements along axis %s of %s", at, x);
    return record(new Operation.Max(at), x.type().withShape(x.shape().with(at, 1)), x);
  }

  @Override
  public Tensor cumsum(Tensor x, int axis) {
    return record(new Operation.CumulativeSum(x.shape().axis(axis)), x.type(), x);
  }

  @Override
  public Tensor softmax(Tensor x) {
    Tensor wide = wide(x);
    return cast(record(new Operation.Softmax(), wide.type(), wide), x.dtype());
  }

  @Override
  public Tensor rmsNorm(Tensor x, @Nullable Parameter weight, double epsilon) {
    Tensor served = served(x);
    Value normed =
        recorder.record(
            new Operation.RmsNorm(epsilon),
            served.type(),
            (Value) served,
            vector("rmsNorm", x, weight));
    return cast(normed, x.dtype());
  }

  @Override
  public Tensor layerNorm(
      Tensor x, @Nullable Parameter weight, @Nullable Parameter bias, double epsilon) {
    Tensor served = served(x);
    Value normed =
        recorder.record(
            new Operation.LayerNorm(epsilon),
            served.type(),
            (Value) served,
            vector("layerNorm", x, weight),
            vector("layerNorm", x, bias));
    return cast(normed, x.dtype());
  }

  private @Nullable Value vector(String operation, Tensor x, @Nullable Parameter parameter) {
    if (parameter == null) {
      return null;
    }
    require(
        parameter.shape().equals(Shape.of(x.dim(-1))),
        "%s: parameter %s %s does not fit the last axis of %s",
        operation,
        parameter.path(),
        parameter.shape(),
        x);
    return recorder.parameter(parameter);
  }

  @Override
  public Tensor crossEntropy(Tensor logits, Tensor targets, double smoothing) {
    require(
        logits.shape().rank() == 2
            && targets.dtype() == DType.I32
            && targets.shape().equals(Shape.of(logits.dim(0))),
        "crossEntropy: needs logits [rows, classes] and i32 targets [rows], not %s and %s",
        logits,
        targets);
    Tensor served = served(logits);
    DType dtype = logits.dtype() == DType.BF16 ? DType.F32 : logits.dtype();
    TensorType row = new TensorType(dtype, targets.shape());
    return recorder
        .record(
            new Operation.CrossEntropy(smoothing),
            List.of(row, row),
            List.of((Value) served, (Value) targets))
        .getFirst();
  }

  @Override
  public Tensor reshape(Tensor x, Shape shape) {
    require(
        x.shape().elements() == shape.elements(),
        "reshape: %s has not the elements of %s",
        x,
        shape);
    return x.shape().equals(shape) ? x : view((Value) x, x.type().withShape(shape), 0);
  }

  private Value view(Value x, TensorType type, long bytes) {
    Value view = x.view(type, bytes, x.differentiable());
    return recorder.add(new Operation.View(), List.of(x), List.of(view)).getFirst();
  }

  @Override
  public Tensor permute(Tensor x, int... axes) {
    List<Integer> order = Arrays.stream(axes).boxed().toList();
    require(
        order.stream().sorted().toList().equals(count(x.shape().rank())),
        "permute: %s is no order of the axes of %s",
        order,
        x);
    long[] dims = Arrays.stream(axes).mapToLong(x::dim).toArray();
    TensorType type = x.type().withShape(Shape.of(dims));
    return order.equals(count(axes.length)) ? x : record(new Operation.Permute(order), type, x);
  }

  private static List<Integer> count(int rank) {
    return IntStream.range(0, rank).boxed().toList();
  }

  @Override
  public Tensor slice(Tensor x, int axis, long from, long to) {
    int at = x.shape().axis(axis);
    require(
        0 <= from && from <= to && to <= x.dim(at),
        "slice: no elements %s to %s along axis %s of %s",
        from,
        to,
        at,
        x);
    TensorType type = x.type().withShape(x.shape().with(at, to - from));
    if (type.equals(x.type())) {
      return x;
    }
    Tensor early = new EarlySlice(recorder, at, from, to).of((Value) x);
    if (early != null) {
      return early;
    }
    if (x.shape().product(0, at) == 1) {
      long row = x.shape().product(at + 1, x.shape().rank()) * x.dtype().bytes();
      return view((Value) x, type, from * row);
    }
    return record(new Operation.Slice(at, from), type, x);
  }

  @Override
  public List<Tensor> split(Tensor x, int axis, long... extents) {
    int at = x.shape().axis(axis);
    require(
        Arrays.stream(extents).sum() == x.dim(at),
        "split: %s do not add up to axis %s of %s",
        Arrays.toString(extents),
        at,
        x);
    if (!recorder.differentiating() && piecesAreAligned(x, at, extents)) {
      return slices(x, at, extents);
    }
    List<TensorType> types = new ArrayList<>();
    for (long extent : extents) {
      types.add(x.type().withShape(x.shape().with(at, extent)));
    }
    return List.copyOf(recorder.record(new Operation.Split(at), types, List.of((Value) x)));
  }

  /** Whether parts are one behind the other, each where kernels can load vectors. */
  private static boolean piecesAreAligned(Tensor x, int axis, long... extents) {
    long row = x.shape().product(axis + 1, x.shape().rank()) * x.dtype().bytes();
    return x.shape().product(0, axis) == 1
        && Arrays.stream(extents).allMatch(extent -> extent * row % VECTOR_BYTES == 0);
  }

  private List<Tensor> slices(Tensor x, int axis, long... extents) {
    List<Tensor> parts = new ArrayList<>();
    long from = 0;
    for (long extent : extents) {
      parts.add(slice(x, axis, from, from + extent));
      from += extent;
    }
    return parts;
  }

  @Override
  public Tensor concat(int axis, List<Tensor> parts) {
    require(!parts.isEmpty(), "concat: no parts");
    Tensor first = parts.getFirst();
    int at = first.shape().axis(axis);
    DType dtype = first.dtype();
    long extent = 0;
    for (Tensor part : parts) {
      require(
          agree(part, first)
              && part.shape().rank() == first.shape().rank()
              && part.shape().with(at, 1).equals(first.shape().with(at, 1)),
          "concat: %s does not continue %s along axis %s",
          part,
          first,
          at);
      extent += part.dim(at);
      dtype = part.dtype() == dtype ? dtype : DType.F32;
    }
    TensorType type = new TensorType(dtype, first.shape().with(at, extent));
    List<@Nullable Value> inputs = new ArrayList<>();
    for (Tensor part : parts) {
      inputs.add((Value) cast(part, dtype));
    }
    return recorder.record(new Operation.Concat(at), List.of(type), inputs).getFirst();
  }

  @Override
  public Tensor flip(Tensor x, int axis) {
    return record(new Operation.Flip(x.shape().axis(axis)), x.type(), x);
  }

  @Override
  public Tensor gatherRows(Tensor x, Tensor indices) {
    require(
        x.shape().rank() >= 1 && indices.dtype() == DType.I32 && indices.shape().rank() == 1,
        "gatherRows: needs rows and i32 indices [n], not %s and %s",
        x,
        indices);
    TensorType type = x.type().withShape(x.shape().with(0, indices.dim(0)));
    return record(new Operation.GatherRows(), type, x, indices);
  }

  @Override
  public Tensor broadcast(Tensor x, Shape shape) {
    require(Broadcasting.reaches(x.shape(), shape), "broadcast: %s does not reach %s", x, shape);
    return x.shape().equals(shape)
        ? x
        : record(new Operation.Broadcast(), x.type().withShape(shape), x);
  }

  @Override
  public Tensor cast(Tensor x, DType dtype) {
    return x.dtype() == dtype ? x : record(new Operation.Cast(), x.type().withDtype(dtype), x);
  }

  @Override
  public Tensor stopGradient(Tensor x) {
    Value constant = ((Value) x).view(x.type(), 0, false);
    return recorder.add(new Operation.View(), List.of((Value) x), List.of(constant)).getFirst();
  }

  @Override
  public Tensor constant(DType dtype, Shape shape, double value) {
    return record(new Operation.Fill(value), new TensorType(dtype, shape));
  }

  @Override
  public Tensor constant(DType dtype, Shape shape, double[] elements) {
    require(
        elements.length == shape.elements(),
        "constant: %s elements for %s",
        elements.length,
        shape);
    List<Double> copy = Arrays.stream(elements).boxed().toList();
    return record(new Operation.Literal(copy), new TensorType(dtype, shape));
  }

  @Override
  public Tensor range(DType dtype, long count) {
    return record(new Operation.Count(), new TensorType(dtype, Shape.of(count)));
  }

  @Override
  public Tensor dropout(Tensor x, double rate, Shape maskShape, RandomStream random) {
    require(rate >= 0 && rate < 1, "dropout: rate %s is not in [0, 1)", rate);
    require(
        maskShape.rank() == x.shape().rank() && Broadcasting.reaches(maskShape, x.shape()),
        "dropout: mask %s does not fit %s",
        maskShape,
        x);
    return rate == 0
        ? x
        : recorder.record(
            new Operation.Dropout(rate, maskShape, random.key()),
            x.type(),
            (Value) x,
            recorder.clock());
  }

  @Override
  public List<Tensor> apply(Op op, @Nullable Tensor... inputs) {
    List<@Nullable Value> values = new ArrayList<>();
    for (Tensor input : inputs) {
      values.add((Value) input);
    }
    return CustomRecording.record(recorder, op, Collections.unmodifiableList(values));
  }

  /** Whether operands have one dtype, or are F32 and BF16, which meet in F32. */
  private static boolean agree(Tensor a, Tensor b) {
    return a.dtype() == b.dtype() || (isModels(a.dtype()) && isModels(b.dtype()));
  }

  private static boolean isModels(DType dtype) {
    return dtype == DType.F32 || dtype == DType.BF16;
  }

  private static DType common(Tensor a, Tensor b) {
    return a.dtype() == b.dtype() ? a.dtype() : DType.F32;
  }

  /** What kernels over rows are given: those of GPUs compute in F32 whatever they read. */
  private Tensor served(Tensor x) {
    return recorder.bodies() == Recorder.Bodies.CUDA ? x : wide(x);
  }

  /** What is computed over whole rows is computed in F32 at least. */
  private Tensor wide(Tensor x) {
    return x.dtype() == DType.BF16 ? cast(x, DType.F32) : x;
  }

  private Tensor record(Operation operation, TensorType type, Tensor... inputs) {
    Value[] values = Arrays.copyOf(inputs, inputs.length, Value[].class);
    return recorder.record(operation, type, values);
  }

  private static void require(boolean fits, String message, @Nullable Object... details) {
    if (!fits) {
      throw new ShapeException(message.formatted(details));
    }
  }
}
