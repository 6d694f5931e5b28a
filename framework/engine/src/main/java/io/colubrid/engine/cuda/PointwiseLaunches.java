package io.colubrid.engine.cuda;

import io.colubrid.engine.memory.Bf16;
import io.colubrid.engine.tape.Node;
import io.colubrid.engine.tape.Operation;
import io.colubrid.engine.tape.Value;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/** Functions of single elements, over equal or broadcast shapes, and what makes elements. */
record PointwiseLaunches(Launches launches, CudaValues values) {
  private static final String MODULE = "elementwise";

  /** Bytes that the driver clears faster than a kernel does, though it ends a chain of kernels. */
  private static final long WORTH_CLEARING = 1 << 20;

  /** The suffix of kernels for a dtype. */
  static String suffix(DType dtype) {
    if (dtype == DType.F64) {
      throw new UnsupportedOperationException("f64 is for checking on the CPU; use f32 on a GPU");
    }
    return "_" + dtype.name().toLowerCase(Locale.ROOT);
  }

  private CudaKernel elements(String kernel, Value typed, Value out, Arguments arguments) {
    return launches.elements(
        MODULE, kernel + suffix(typed.dtype()), out.shape().elements(), arguments);
  }

  /** The same, by kernels that take 16 bytes at a time. */
  private CudaKernel packs(String kernel, Value out, Arguments arguments) {
    return launches.packs(MODULE, kernel + suffix(out.dtype()), out.shape().elements(), arguments);
  }

  CudaKernel apply(Node node, Operation.Apply apply) {
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .integer(FunctionCodes.of(apply.function()))
            .addresses(values.address(node.input(0)), values.address(out));
    return packs("unary", out, arguments);
  }

  CudaKernel applyGradient(Node node, Operation.ApplyGradient apply) {
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .integer(FunctionCodes.of(apply.function()))
            .addresses(
                values.address(node.input(0)), values.address(node.input(1)), values.address(out));
    return packs("unary_gradient", out, arguments);
  }

  CudaKernel affine(Node node, Operation.Affine affine) {
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .addresses(values.address(node.input(0)))
            .real(affine.scale())
            .real(affine.shift())
            .addresses(values.address(out));
    return packs("affine", out, arguments);
  }

  CudaKernel elementwise(Node node, Operation.Elementwise elementwise) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value out = node.output();
    boolean flat = a.shape().equals(out.shape()) && b.shape().equals(out.shape());
    Arguments arguments =
        Arguments.of()
            .integer(FunctionCodes.of(elementwise.function()))
            .addresses(values.address(a), values.address(b), values.address(out))
            .walk(Walk.broadcast(out.shape(), a.shape(), b.shape()))
            .integer(flat ? 1 : 0);
    return flat ? packs("binary", out, arguments) : elements("binary", out, out, arguments);
  }

  CudaKernel compare(Node node, Operation.Compare compare) {
    Value a = node.input(0);
    Value b = node.input(1);
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .integer(FunctionCodes.of(compare.comparison()))
            .addresses(values.address(a), values.address(b), values.address(out))
            .walk(Walk.broadcast(out.shape(), a.shape(), b.shape()));
    return elements("compare", a, out, arguments);
  }

  CudaKernel where(Node node) {
    Value mask = node.input(0);
    Value a = node.input(1);
    Value b = node.input(2);
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .addresses(
                values.address(mask), values.address(a), values.address(b), values.address(out))
            .walk(Walk.broadcast(out.shape(), mask.shape(), a.shape(), b.shape()));
    return elements("where", out, out, arguments);
  }

  CudaKernel cast(Node node) {
    Value x = node.input(0);
    return cast(
        values.address(x),
        x.dtype(),
        values.address(node.output()),
        node.output().dtype(),
        x.shape().elements());
  }

  /** Converts elements at an address. */
  CudaKernel cast(long from, DType dtype, long to, DType target, long count) {
    return launches.packs(
        MODULE, "cast" + suffix(dtype) + suffix(target), count, Arguments.of().addresses(from, to));
  }

  CudaKernel accumulate(Node node, Operation.Accumulate accumulate) {
    Value x = node.input(1);
    Arguments arguments =
        Arguments.of()
            .addresses(values.address(node.input(0)) + accumulate.offset(), values.address(x));
    return packs("accumulate", x, arguments);
  }

  CudaKernel fill(Node node, Operation.Fill fill) {
    Value out = node.output();
    if (fill.value() == 0 && out.type().bytes() >= WORTH_CLEARING) {
      return launches.clear(values.address(out), out.type().bytes());
    }
    return elements(
        "fill", out, out, Arguments.of().real(fill.value()).addresses(values.address(out)));
  }

  CudaKernel count(Node node) {
    Value out = node.output();
    return elements("count", out, out, Arguments.of().addresses(values.address(out)));
  }

  CudaKernel dropout(Node node, Operation.Dropout dropout) {
    Value out = node.output();
    Arguments arguments =
        Arguments.of()
            .addresses(
                values.address(node.input(0)), values.address(node.input(1)), values.address(out))
            .real(dropout.rate())
            .integer(dropout.key())
            .walk(Walk.broadcast(out.shape(), dropout.maskShape()));
    return elements("dropout", out, out, arguments);
  }

  /**
   * Elements that the program brings with it, uploaded when it is bound and copied when it runs.
   */
  CudaKernel literal(Node node, Operation.Literal literal, DeviceConstants constants) {
    Value out = node.output();
    long bytes = out.type().bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(1, bytes), Long.BYTES);
      write(host, out.dtype(), literal.elements());
      long address = constants.upload(host.asSlice(0, bytes));
      return launches.copy(address, values.address(out), bytes);
    }
  }

  private static void write(MemorySegment host, DType dtype, List<Double> elements) {
    for (int i = 0; i < elements.size(); i++) {
      double value = elements.get(i);
      switch (dtype) {
        case F32 -> host.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
        case BF16 -> host.setAtIndex(ValueLayout.JAVA_SHORT, i, Bf16.of((float) value));
        case I32 -> host.setAtIndex(ValueLayout.JAVA_INT, i, (int) value);
        case I64 -> host.setAtIndex(ValueLayout.JAVA_LONG, i, (long) value);
        case U8 -> host.set(ValueLayout.JAVA_BYTE, i, (byte) value);
        case F64 -> throw new UnsupportedOperationException("no f64 on a GPU");
      }
    }
  }

  /** Rows of a vector over all rows of a matrix. */
  CudaKernel repeatRows(long vector, Value matrix, long to) {
    long width = matrix.dim(-1);
    Shape rows = Shape.of(matrix.shape().elements() / Math.max(1, width), width);
    Walk walk = new Walk(Walk.extents(rows), new long[] {0, 1}, Walk.strides(rows));
    return launches.elements(
        "layout",
        "strided_copy_" + matrix.dtype().bytes(),
        rows.elements(),
        Arguments.of().addresses(vector, to).walk(walk));
  }

  /** Constants that live as long as a program. */
  interface DeviceConstants {
    /** Puts bytes on the device; returns their address. */
    long upload(MemorySegment host);
  }
}
