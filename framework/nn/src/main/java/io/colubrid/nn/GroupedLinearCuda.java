package io.colubrid.nn;

import io.colubrid.nn.GroupedLinear.Extents;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@link GroupedLinear} on a GPU. Blocks find out which group their tile of rows belongs to, so a
 * launch has room for the most tiles that the groups can make. BF16 goes to tensor cores where rows
 * are whole pieces of 16 bytes; a few rows are computed while each matrix is read once.
 */
final class GroupedLinearCuda implements CudaBody {
  static final GroupedLinearCuda BODY = new GroupedLinearCuda();

  private static final String TENSOR_CORES = "grouped_linear";
  private static final String PLAIN = "grouped_plain";
  private static final String FORWARD = "forward";
  private static final String BACKWARD = "backward";
  private static final int PIECE_BYTES = 16;

  private GroupedLinearCuda() {}

  /**
   * A kernel's tile.
   *
   * @param rows of a group
   * @param columns of the result, or rows of a gradient's other side
   */
  private record Tile(int rows, int columns, int threads, int sharedBytes) {
    static final Tile FEW = new Tile(GroupedSwiGluCuda.FEW, 8, 128, 0);
    static final Tile PLAIN = new Tile(64, 64, 256, 0);
    static final Tile SMALL = tensorCores(32, 64, 5);
    static final Tile MEDIUM = tensorCores(64, 64, 4);
    static final Tile LARGE = tensorCores(128, 128, 3);

    private static Tile tensorCores(int rows, int columns, int stages) {
      int depth = 64;
      return new Tile(rows, columns, 128, stages * (rows + columns) * depth * Short.BYTES);
    }

    /** The largest that groups of equal size would fill. */
    static Tile of(long rows, int groups) {
      long each = rows / Math.max(1, groups);
      if (each <= SMALL.rows()) {
        return SMALL;
      }
      return each <= LARGE.rows() ? MEDIUM : LARGE;
    }

    /** As many as a result can need at most: a tile has rows of one group, or behind all. */
    CudaCall.Grid over(long width, long count, int groups) {
      return CudaCall.Grid.of(
          Math.ceilDiv(width, columns) * Math.min(count, count / rows + groups + 1));
    }

    String name(String operation) {
      return "%s_%dx%d".formatted(operation, rows, columns);
    }
  }

  /** Rows, weights and result of one dtype, F32 or BF16; biases of F32. */
  @Override
  public boolean accepts(List<@Nullable TensorType> inputs) {
    TensorType bias = inputs.get(GroupedLinear.BIAS);
    DType dtype = dtype(inputs);
    return (dtype == DType.F32 || dtype == DType.BF16)
        && (bias == null || bias.dtype() == DType.F32);
  }

  private static DType dtype(List<@Nullable TensorType> inputs) {
    return new OperandShapes("grouped-linear", inputs).require(GroupedLinear.X, "x", 2).dtype();
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != GroupedLinear.BIAS;
  }

  @Override
  public void forward(CudaCall call) {
    Extents extents = Extents.of(call.inputTypes());
    DType dtype = dtype(call.inputTypes());
    long x = call.input(GroupedLinear.X);
    boolean few = extents.rows() <= GroupedSwiGluCuda.MOST_ROWS;
    if (few && extents.in() * dtype.bytes() % PIECE_BYTES == 0 && aligned(call, x)) {
      launch(call, extents, Tile.FEW, PLAIN, plain("few_forward", dtype), x, call.output(0));
    } else {
      rows(call, extents, FORWARD, x, call.output(0));
    }
  }

  @Override
  public void backward(CudaCall call) {
    Extents extents = Extents.of(call.inputTypes());
    if (call.wantsGradient(GroupedLinear.X)) {
      Extents turned = new Extents(extents.rows(), extents.groups(), extents.out(), extents.in());
      rows(call, turned, BACKWARD, call.outputGradient(0), call.inputGradient(GroupedLinear.X));
    }
    if (call.wantsGradient(GroupedLinear.WEIGHT)) {
      weightGradients(call, extents);
    }
    if (call.hasInput(GroupedLinear.BIAS) && call.wantsGradient(GroupedLinear.BIAS)) {
      biasGradients(call, extents);
    }
  }

  /** The product of rows by weights, or by their transposes. */
  private static void rows(CudaCall call, Extents extents, String direction, long from, long to) {
    DType dtype = dtype(call.inputTypes());
    if (fitsTensorCores(call, extents) && aligned(call, from)) {
      Tile tile = Tile.of(extents.rows(), extents.groups());
      launch(call, extents, tile, TENSOR_CORES, tile.name("grouped_" + direction), from, to);
    } else {
      launch(call, extents, Tile.PLAIN, PLAIN, plain("plain_" + direction, dtype), from, to);
    }
  }

  private static void launch(
      CudaCall call, Extents extents, Tile tile, String fatbin, String kernel, long from, long to) {
    call.launchEarly(
        fatbin,
        kernel,
        tile.over(extents.out(), extents.rows(), extents.groups()),
        tile.threads(),
        tile.sharedBytes(),
        from,
        call.input(GroupedLinear.WEIGHT),
        call.input(GroupedLinear.OFFSETS),
        kernel.contains(BACKWARD) ? 0L : call.input(GroupedLinear.BIAS),
        to,
        extents.rows(),
        extents.in(),
        extents.out(),
        extents.groups());
  }

  private static void weightGradients(CudaCall call, Extents extents) {
    boolean fits = fitsTensorCores(call, extents) && aligned(call, call.outputGradient(0));
    Tile tile = fits ? Tile.LARGE : Tile.PLAIN;
    call.launch(
        fits ? TENSOR_CORES : PLAIN,
        fits ? tile.name("grouped_weights") : plain("plain_weights", dtype(call.inputTypes())),
        new CudaCall.Grid(
            Math.ceilDiv(extents.in(), tile.columns()),
            Math.ceilDiv(extents.out(), tile.rows()),
            extents.groups()),
        tile.threads(),
        tile.sharedBytes(),
        call.input(GroupedLinear.X),
        call.outputGradient(0),
        call.input(GroupedLinear.OFFSETS),
        call.inputGradient(GroupedLinear.WEIGHT),
        extents.in(),
        extents.out());
  }

  private static void biasGradients(CudaCall call, Extents extents) {
    int columns = 32;
    int rows = 8;
    call.launch(
        PLAIN,
        plain("bias_gradient", dtype(call.inputTypes())),
        new CudaCall.Grid(Math.ceilDiv(extents.out(), columns), extents.groups(), 1),
        columns * rows,
        0,
        call.outputGradient(0),
        call.input(GroupedLinear.OFFSETS),
        call.inputGradient(GroupedLinear.BIAS),
        extents.out());
  }

  private static String plain(String kernel, DType dtype) {
    return kernel + "_" + dtype.name().toLowerCase(Locale.ROOT);
  }

  private static boolean fitsTensorCores(CudaCall call, Extents extents) {
    long piece = PIECE_BYTES / Short.BYTES;
    return dtype(call.inputTypes()) == DType.BF16
        && extents.in() % piece == 0
        && extents.out() % piece == 0
        && aligned(call, call.input(GroupedLinear.X));
  }

  /** Whether rows and weights begin where pieces of 16 bytes do. */
  private static boolean aligned(CudaCall call, long rows) {
    return (rows | call.input(GroupedLinear.WEIGHT)) % PIECE_BYTES == 0;
  }
}
