package io.colubrid.plugins.attention;

import static io.colubrid.plugins.attention.PlainAttentionCuda.window;

import io.colubrid.spi.op.CudaCall;
import io.colubrid.spi.tensor.DType;

/** Launches of the kernels in BF16 for the tensor cores of Hopper GPUs. */
record HopperAttentionCuda(AttentionShape shape, AttentionMask mask, double scale) {
  private static final int CAPABILITY = 90;
  private static final int GROUP_THREADS = 128;
  private static final int GROUP_QUERIES = 64;
  private static final int BACKWARD_THREADS = 3 * GROUP_THREADS;

  /** Keys of the longest tiles. */
  static final int TILE = 128;

  private static final int BACKWARD_QUERIES = 64;
  private static final int SPARE_BYTES = 1024;
  private static final long MOST_WIDTH = 256;
  private static final long MOST_BACKWARD_WIDTH = 128;

  /** Keys and values that stay in the GPU's cache while all queries of their heads go by. */
  private static final long CACHED_BYTES = 8 << 20;

  private static final long LEAST_HEADS = 4;

  /**
   * Query heads whose backward blocks begin side by side: blocks of one head then wait less for
   * their turns. The sums of more would not stay in the GPU's cache.
   */
  private static final int BACKWARD_HEADS = 4;

  private static final int FINISH_THREADS = 256;

  /**
   * Whether it takes streams of a dtype whose heads have a width: rows are read 16 bytes at once.
   * The greatest score is found before scores are scaled, so the scale has to keep their order.
   */
  static boolean serves(CudaCall call, DType stream, long width, double scale) {
    return call.capability() == CAPABILITY
        && scale > 0
        && (call.input(0) | call.input(1) | call.input(2)) % 16 == 0
        && stream == DType.BF16
        && width % 8 == 0
        && width <= MOST_WIDTH;
  }

  static boolean servesBackward(CudaCall call, DType stream, long width, double scale) {
    return serves(call, stream, width, scale)
        && width <= MOST_BACKWARD_WIDTH
        && call.outputGradient(0) % 16 == 0;
  }

  void forward(CudaCall call, long workspace, long logs, long documents) {
    HopperMaps maps =
        HopperMaps.make(
            call,
            workspace,
            ofQueries(call.input(ScaledDotProduct.QUERY), forwardQueries()),
            ofKeys(call.input(ScaledDotProduct.KEY), forwardKeys()),
            ofKeys(call.input(ScaledDotProduct.VALUE), forwardKeys()));
    call.launch(
        "attention_hopper_forward",
        "attention_hopper_forward_" + width(),
        grid(call),
        forwardThreads(),
        forwardBytes(),
        maps.address(),
        call.output(0),
        logs,
        documents,
        Math.toIntExact(shape.length()),
        mask.causal() ? 1 : 0,
        window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        (float) scale,
        Math.toIntExact(tiles()),
        headsAtOnce(call),
        Math.toIntExact(shape.batch() * shape.heads()),
        maps.count());
  }

  /** Attention to caches of BF16 that hold the new tokens already, and zeros behind them. */
  void cached(CudaCall call, long keys, long values) {
    HopperMaps maps =
        HopperMaps.make(
            call,
            call.workspace(),
            ofQueries(call.input(CachedAttention.QUERY), forwardQueries()),
            ofKeys(keys, forwardKeys()),
            ofKeys(values, forwardKeys()));
    call.launch(
        "attention_hopper_forward",
        "attention_hopper_cached_" + width(),
        grid(call),
        forwardThreads(),
        forwardBytes(),
        maps.address(),
        call.output(0),
        call.input(CachedAttention.LENGTHS),
        call.input(CachedAttention.POSITIONS),
        Math.toIntExact(shape.length()),
        Math.toIntExact(shape.keys()),
        window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        (float) scale,
        Math.toIntExact(tiles()),
        headsAtOnce(call),
        Math.toIntExact(shape.batch() * shape.heads()),
        maps.count());
  }

  private HopperMaps.Mapped ofQueries(long address, long rows) {
    return new HopperMaps.Mapped(
        address, shape.headDim(), shape.length(), shape.heads(), shape.batch(), rows);
  }

  private HopperMaps.Mapped ofKeys(long address, long rows) {
    return new HopperMaps.Mapped(
        address, shape.headDim(), shape.keys(), shape.kvHeads(), shape.batch(), rows);
  }

  /** Sums of the queries' gradients, whose turn it is to add to each tile of them, and a ticket. */
  static long backwardWorkspace(AttentionShape shape, DType stream) {
    boolean served = stream == DType.BF16 && shape.headDim() <= MOST_BACKWARD_WIDTH;
    return served ? HopperMaps.WORKSPACE + sumsBytes(shape) + turnsBytes(shape) : 0;
  }

  private static long queryTiles(AttentionShape shape) {
    return Math.ceilDiv(shape.length(), (long) BACKWARD_QUERIES);
  }

  private static long sumsBytes(AttentionShape shape) {
    long rows = shape.batch() * shape.heads() * queryTiles(shape) * BACKWARD_QUERIES;
    return 4 * rows * width(shape.headDim());
  }

  private static long turnsBytes(AttentionShape shape) {
    return 4 * (shape.batch() * shape.heads() * queryTiles(shape) + 1);
  }

  void backward(CudaCall call, long workspace, long delta, long documents) {
    HopperMaps maps =
        HopperMaps.make(
            call,
            workspace,
            ofQueries(call.input(ScaledDotProduct.QUERY), BACKWARD_QUERIES),
            ofKeys(call.input(ScaledDotProduct.KEY), TILE),
            ofKeys(call.input(ScaledDotProduct.VALUE), TILE),
            ofQueries(call.outputGradient(0), BACKWARD_QUERIES));
    long sums = workspace + HopperMaps.WORKSPACE;
    long turns = sums + sumsBytes(shape);
    long ticket = turns + turnsBytes(shape) - 4;
    call.clear(turns, turnsBytes(shape));
    call.launch(
        "attention_hopper_backward",
        "attention_hopper_backward_" + width(),
        CudaCall.Grid.of(keyTiles() * shape.batch() * shape.kvHeads()),
        BACKWARD_THREADS,
        backwardBytes(),
        maps.address(),
        call.saved(0),
        delta,
        documents,
        sums,
        turns,
        ticket,
        call.inputGradient(ScaledDotProduct.KEY),
        call.inputGradient(ScaledDotProduct.VALUE),
        Math.toIntExact(shape.length()),
        mask.causal() ? 1 : 0,
        window(mask),
        Math.toIntExact(shape.heads()),
        Math.toIntExact(shape.group()),
        Math.toIntExact(shape.headDim()),
        (float) scale,
        Math.toIntExact(keyTiles()),
        Math.toIntExact(Math.max(1, BACKWARD_HEADS / shape.group())),
        Math.toIntExact(shape.batch() * shape.kvHeads()));
    if (call.wantsGradient(ScaledDotProduct.QUERY)) {
      call.launch(
          "attention_hopper_backward",
          "attention_hopper_queries_" + width(),
          new CudaCall.Grid(queryTiles(shape), shape.heads(), shape.batch()),
          FINISH_THREADS,
          0,
          sums,
          turns,
          call.inputGradient(ScaledDotProduct.QUERY),
          Math.toIntExact(shape.length()),
          Math.toIntExact(shape.heads()),
          Math.toIntExact(shape.headDim()),
          (float) scale);
    }
  }

  private int width() {
    return width(shape.headDim());
  }

  private static int width(long headDim) {
    return headDim > 128 ? 256 : headDim > 64 ? 128 : 64;
  }

  private int forwardBytes() {
    return 2 * forwardQueries() * width() + 8 * forwardKeys() * width() + SPARE_BYTES;
  }

  /** Tiles of keys, values, queries and gradients, of slopes, and of sums. */
  private int backwardBytes() {
    int slopes = 4 * TILE * BACKWARD_QUERIES;
    return 8 * TILE * width() + slopes + 8 * BACKWARD_QUERIES * width() + SPARE_BYTES;
  }

  /** Keys of a tile. */
  private int forwardKeys() {
    return width() == 256 ? 64 : 128;
  }

  /** Groups of threads that take 64 queries each; another brings tiles. */
  private int forwardGroups() {
    return width() == 64 ? 3 : 2;
  }

  private int forwardThreads() {
    return (1 + forwardGroups()) * GROUP_THREADS;
  }

  private int forwardQueries() {
    return forwardGroups() * GROUP_QUERIES;
  }

  private long tiles() {
    return Math.ceilDiv(shape.length(), (long) forwardQueries());
  }

  private long keyTiles() {
    return Math.ceilDiv(shape.length(), (long) TILE);
  }

  /** A block a multiprocessor, which takes tiles one after another. */
  private CudaCall.Grid grid(CudaCall call) {
    long tiles = tiles() * shape.batch() * shape.heads();
    return CudaCall.Grid.of(Math.min(tiles, call.multiprocessors()));
  }

  private int headsAtOnce(CudaCall call) {
    long bytes = Math.max(1, 4 * shape.keys() * shape.headDim() / shape.group());
    long busy = Math.ceilDiv((long) call.multiprocessors(), Math.max(1, tiles()));
    return Math.toIntExact(Math.max(Math.max(LEAST_HEADS, busy), CACHED_BYTES / bytes));
  }
}
