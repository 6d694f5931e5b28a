package io.colubrid.engine.cpu;

import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.util.List;
import java.util.Objects;

/** Functions of single elements, over equal or broadcast shapes. */
final class PointwiseKernels {
  private static final long GRAIN = 1 << 14;

  private final CpuMemory memory;
  private final WorkerPool pool;

  PointwiseKernels(CpuMemory memory, WorkerPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  static Arithmetic arithmetic(DType dtype) {
    return switch (dtype) {
      case F32 -> Arithmetic.f32();
      case F64 -> Arithmetic.f64();
      default -> throw new UnsupportedOperationException("no arithmetic on " + dtype);
    };
  }

  Kernel apply(Node node, Operation.Apply apply) {
    switch (apply.function()) {
      case SIN -> {
        return numbers(node, (x, _) -> Math.sin(x));
      }
      case COS -> {
        return numbers(node, (x, _) -> Math.cos(x));
      }
      default -> {}
    }
    Arithmetic type = arithmetic(node.output().dtype());
    UnaryOp op = UnaryOp.valueOf(apply.function().name());
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    int size = type.bytes();
    return flat(
        node.output(), (from, to) -> type.unary(op, x + from * size, out + from * size, to - from));
  }

  /** A function of one or two inputs of one shape, an element at a time. */
  private Kernel numbers(Node node, Pair function) {
    DType dtype = node.output().dtype();
    int size = dtype.bytes();
    long x = memory.address(node.input(0));
    long y = memory.address(node.input(node.inputs().size() - 1));
    long out = memory.address(node.output());
    return flat(
        node.output(),
        (from, to) -> {
          for (long i = from * size; i < to * size; i += size) {
            double value = function.of(Elements.get(dtype, x + i), Elements.get(dtype, y + i));
            Elements.set(dtype, out + i, value);
          }
        });
  }

  Kernel applyGradient(Node node, Operation.ApplyGradient apply) {
    switch (apply.function()) {
      case SIN -> {
        return numbers(node, (x, g) -> g * Math.cos(x));
      }
      case COS -> {
        return numbers(node, (x, g) -> -g * Math.sin(x));
      }
      default -> {}
    }
    Arithmetic type = arithmetic(node.output().dtype());
    UnaryOp op = UnaryOp.valueOf(apply.function().name());
    long x = memory.address(node.input(0));
    long g = memory.address(node.input(1));
    long out = memory.address(node.output());
    int size = type.bytes();
    return flat(
        node.output(),
        (from, to) ->
            type.unaryGradient(op, x + from * size, g + from * size, out + from * size, to - from));
  }

  Kernel affine(Node node, Operation.Affine affine) {
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    DType dtype = node.output().dtype();
    if (!dtype.isFloating() || dtype == DType.BF16) {
      int size = dtype.bytes();
      return flat(
          node.output(),
          (from, to) -> {
            for (long i = from * size; i < to * size; i += size) {
              double value = Elements.get(dtype, x + i) * affine.scale() + affine.shift();
              Elements.set(dtype, out + i, value);
            }
          });
    }
    Arithmetic type = arithmetic(dtype);
    int size = type.bytes();
    return flat(
        node.output(),
        (from, to) ->
            type.scaleShift(
                x + from * size, affine.scale(), affine.shift(), out + from * size, to - from));
  }

  Kernel elementwise(Node node, Operation.Elementwise elementwise) {
    Value a = node.input(0);
    Value b = node.input(1);
    DType dtype = node.output().dtype();
    BinaryOp op = BinaryOp.of(elementwise.function());
    if (!dtype.isFloating() || dtype == DType.BF16) {
      return broadcast(node, row(node, (x, y) -> number(op, x, y)));
    }
    Arithmetic type = arithmetic(dtype);
    long left = memory.address(a);
    long right = memory.address(b);
    long out = memory.address(node.output());
    int size = type.bytes();
    if (a.shape().equals(b.shape())) {
      return flat(
          node.output(),
          (from, to) ->
              type.binary(
                  op, left + from * size, right + from * size, out + from * size, to - from));
    }
    BroadcastLoop loop = loop(node);
    long width = loop.width();
    boolean leftMoves = loop.moves(0) || width == 1;
    boolean rightMoves = loop.moves(1) || width == 1;
    return () ->
        loop.run(
            pool,
            GRAIN,
            (row, offsets) -> {
              long x = left + offsets[0] * size;
              long y = right + offsets[1] * size;
              long to = out + row * size;
              if (leftMoves && rightMoves) {
                type.binary(op, x, y, to, width);
              } else if (leftMoves) {
                type.binaryScalar(op, x, type.get(y), to, width);
              } else {
                type.fill(type.get(x), to, width);
                type.binary(op, to, y, to, width);
              }
            });
  }

  private static double number(BinaryOp op, double x, double y) {
    return switch (op) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> x / y;
      case SUBTRACT_FROM -> y - x;
      case DIVIDE_INTO -> y / x;
      case MAX -> Math.max(x, y);
      case MIN -> Math.min(x, y);
    };
  }

  Kernel compare(Node node, Operation.Compare compare) {
    return broadcast(node, row(node, (x, y) -> holds(compare.comparison(), x, y) ? 1 : 0));
  }

  private static boolean holds(Comparison comparison, double x, double y) {
    return switch (comparison) {
      case EQUAL -> x == y;
      case LESS -> x < y;
      case LESS_OR_EQUAL -> x <= y;
      case GREATER -> x > y;
      case GREATER_OR_EQUAL -> x >= y;
    };
  }

  @FunctionalInterface
  private interface Pair {
    double of(double x, double y);
  }

  /** A row of any element type, an element at a time. */
  private BroadcastLoop.Row row(Node node, Pair function) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value out = node.output();
    BroadcastLoop loop = loop(node);
    long left = memory.address(a);
    long right = memory.address(b);
    long to = memory.address(out);
    int leftStep = loop.moves(0) ? a.dtype().bytes() : 0;
    int rightStep = loop.moves(1) ? b.dtype().bytes() : 0;
    int outStep = out.dtype().bytes();
    return (row, offsets) -> {
      long x = left + offsets[0] * a.dtype().bytes();
      long y = right + offsets[1] * b.dtype().bytes();
      for (long i = 0; i < loop.width(); i++) {
        double value =
            function.of(
                Elements.get(a.dtype(), x + i * leftStep),
                Elements.get(b.dtype(), y + i * rightStep));
        Elements.set(out.dtype(), to + (row + i) * outStep, value);
      }
    };
  }

  Kernel where(Node node) {
    Value mask = node.input(0);
    DType dtype = node.output().dtype();
    BroadcastLoop loop = loop(node);
    long masks = memory.address(mask);
    long a = memory.address(node.input(1));
    long b = memory.address(node.input(2));
    long out = memory.address(node.output());
    int size = dtype.bytes();
    int maskStep = loop.moves(0) ? 1 : 0;
    int leftStep = loop.moves(1) ? size : 0;
    int rightStep = loop.moves(2) ? size : 0;
    return broadcast(
        node,
        (row, offsets) -> {
          for (long i = 0; i < loop.width(); i++) {
            boolean first = Elements.get(DType.U8, masks + offsets[0] + i * maskStep) != 0;
            long from =
                first
                    ? a + offsets[1] * size + i * leftStep
                    : b + offsets[2] * size + i * rightStep;
            Elements.set(dtype, out + (row + i) * size, Elements.get(dtype, from));
          }
        });
  }

  Kernel broadcast(Node node) {
    DType dtype = node.output().dtype();
    BroadcastLoop loop = loop(node);
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    int size = dtype.bytes();
    int step = loop.moves(0) ? size : 0;
    return broadcast(
        node,
        (row, offsets) -> {
          long from = x + offsets[0] * size;
          long to = out + row * size;
          if (step != 0) {
            Copies.bytes(from, to, loop.width() * size);
          } else if (dtype == DType.F32 || dtype == DType.F64) {
            Arithmetic type = arithmetic(dtype);
            type.fill(type.get(from), to, loop.width());
          } else {
            double value = Elements.get(dtype, from);
            for (long i = 0; i < loop.width(); i++) {
              Elements.set(dtype, to + i * size, value);
            }
          }
        });
  }

  Kernel cast(Node node) {
    DType from = node.input(0).dtype();
    DType to = node.output().dtype();
    long x = memory.address(node.input(0));
    long out = memory.address(node.output());
    if (from == DType.F32 && to == DType.BF16) {
      return flat(
          node.output(),
          (first, last) ->
              Arithmetic.f32()
                  .toBf16(x + first * Float.BYTES, out + first * Short.BYTES, last - first));
    }
    if (from == DType.BF16 && to == DType.F32) {
      return flat(
          node.output(),
          (first, last) ->
              Arithmetic.f32()
                  .fromBf16(x + first * Short.BYTES, out + first * Float.BYTES, last - first));
    }
    return flat(
        node.output(),
        (first, last) -> {
          for (long i = first; i < last; i++) {
            Elements.set(to, out + i * to.bytes(), Elements.get(from, x + i * from.bytes()));
          }
        });
  }

  private BroadcastLoop loop(Node node) {
    List<Shape> shapes =
        node.inputs().stream().map(value -> Objects.requireNonNull(value).shape()).toList();
    return new BroadcastLoop(node.output().shape(), shapes);
  }

  private Kernel broadcast(Node node, BroadcastLoop.Row row) {
    BroadcastLoop loop = loop(node);
    return () -> loop.run(pool, GRAIN, row);
  }

  private Kernel flat(Value output, WorkerPool.RangeTask task) {
    long count = output.shape().elements();
    return () -> pool.forEachRange(count, GRAIN, task);
  }
}
