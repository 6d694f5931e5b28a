package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.plugins.mamba2ssd.SsdScratch.Line;
import io.colubrid.spi.op.Blas;
import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Some heads of one group in one row of the batch, a chunk at a time: what both passes need. One
 * belongs to each part of a parallel loop and serves one block after the other.
 */
final class SsdBlock {
  private static final double LOG2_E = 1 / Math.log(2);

  final CpuCall call;
  final Blas blas;
  final Ssd op;
  final SsdShape shape;
  final SsdScratch layout;
  final MemorySegment scratch;
  final ChunkDocuments documents;

  int batch;
  int group;
  int firstHead;
  int heads;

  /** The chunk, its first position in the row, and its number of positions. */
  int chunk;

  int start;
  int steps;

  SsdBlock(CpuCall call, Ssd op, SsdShape shape, SsdScratch layout, MemorySegment scratch) {
    this.call = call;
    this.blas = call.blas();
    this.op = op;
    this.shape = shape;
    this.layout = layout;
    this.scratch = scratch;
    boolean packed = call.hasInput(Ssd.SEGMENTS);
    documents = new ChunkDocuments(packed ? call.input(Ssd.SEGMENTS) : null, shape.chunk());
  }

  void begin(int block) {
    int ofGroup = block % shape.blocksOfGroup();
    int groupOfBatch = block / shape.blocksOfGroup();
    batch = groupOfBatch / shape.groups();
    group = groupOfBatch % shape.groups();
    int first = ofGroup * shape.headsOfBlock();
    heads = Math.min(shape.headsOfBlock(), shape.headsOfGroup() - first);
    firstHead = group * shape.headsOfGroup() + first;
  }

  /** One head alone. */
  void beginHead(int ofBatch, int head) {
    batch = ofBatch;
    group = head / shape.headsOfGroup();
    heads = 1;
    firstHead = head;
  }

  /** Which block of its group this is. */
  int indexInGroup() {
    return (firstHead - group * shape.headsOfGroup()) / shape.headsOfBlock();
  }

  void moveTo(int index) {
    chunk = index;
    start = index * shape.chunk();
    steps = Math.min(shape.chunk(), shape.length() - start);
    documents.read((long) batch * shape.length(), start, steps);
  }

  /** Channels of all heads of the block. */
  int channels() {
    return heads * shape.headDim();
  }

  /** The chunk's rows of a matrix [batch·length, stride], from one of its columns on. */
  Matrix rows(MemorySegment memory, long stride, long column) {
    return new Matrix(memory, ((long) batch * shape.length() + start) * stride + column, stride);
  }

  /** Columns of a head, or of B or C, in all rows of the chunk. */
  SsdColumnsCpu columns(int count) {
    return new SsdColumnsCpu(scratch, steps, count);
  }

  /** Zeroes a head's columns where there is padding. */
  void clearPadding(Matrix matrix) {
    for (int t = 0; documents.exist() && t < steps; t++) {
      if (documents.isPadding(t)) {
        SsdRowsCpu.fill(matrix.memory(), matrix.row(t), channels(), 0);
      }
    }
  }

  /** x of the block's heads. */
  Matrix x() {
    return rows(call.input(Ssd.XBC), shape.width(), (long) firstHead * shape.headDim());
  }

  Matrix b() {
    return rows(call.input(Ssd.XBC), shape.width(), columnOfB());
  }

  Matrix c() {
    return rows(call.input(Ssd.XBC), shape.width(), columnOfC());
  }

  long columnOfB() {
    return shape.inner() + (long) group * shape.states();
  }

  long columnOfC() {
    return columnOfB() + (long) shape.groups() * shape.states();
  }

  /** Columns of the block's heads in a matrix of the shape of y. */
  Matrix channels(MemorySegment memory) {
    return rows(memory, shape.inner(), (long) firstHead * shape.headDim());
  }

  /** A matrix in scratch memory. */
  Matrix scratch(long at, long stride) {
    return new Matrix(scratch, at / Float.BYTES, stride);
  }

  /** The state of the block's heads in memory of [batch, heads, headDim, states]. */
  Matrix state(MemorySegment memory) {
    return states(memory, batch);
  }

  /** The same at the beginning of the chunk, of what forward saved. */
  Matrix stateBefore(MemorySegment memory) {
    return states(memory, (long) batch * shape.chunks() + chunk);
  }

  private Matrix states(MemorySegment memory, long index) {
    long at = (index * shape.heads() + firstHead) * shape.stateOfHead();
    return new Matrix(memory, at, shape.states());
  }

  float rate(int head) {
    return (float) -Math.exp(call.input(Ssd.A_LOG).getAtIndex(JAVA_FLOAT, firstHead + head));
  }

  float skip(int head) {
    return call.hasInput(Ssd.SKIP)
        ? call.input(Ssd.SKIP).getAtIndex(JAVA_FLOAT, firstHead + head)
        : 0;
  }

  float get(int head, Line line, int t) {
    return scratch.get(JAVA_FLOAT, layout.line(head, line) + 4L * t);
  }

  void set(int head, Line line, int t, double value) {
    scratch.set(JAVA_FLOAT, layout.line(head, line) + 4L * t, (float) value);
  }

  /** Element of [batch, length, heads] that belongs to a head at a position of the chunk. */
  long stepAt(int head, int t) {
    return ((long) batch * shape.length() + start + t) * shape.heads() + firstHead + head;
  }

  /** Softplus of what is given, within its bounds. */
  double stepSize(int head, int t) {
    double raw = call.input(Ssd.DELTA).getAtIndex(JAVA_FLOAT, stepAt(head, t));
    if (call.hasInput(Ssd.DELTA_BIAS)) {
      raw += call.input(Ssd.DELTA_BIAS).getAtIndex(JAVA_FLOAT, firstHead + head);
    }
    double softplus = Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
    return Math.min(Math.max(softplus, op.minStep()), op.maxStep());
  }

  /** Fills the lines of a head that follow from its step sizes, which stand in theirs already. */
  void decays(int head) {
    double perStep = rate(head) * LOG2_E;
    double sum = 0;
    for (int t = 0; t < steps; t++) {
      sum += perStep * get(head, Line.DELTA, t);
      set(head, Line.SUM, t, sum);
      set(head, Line.SUM_REST, t, sum - (float) sum);
    }
    for (Line line : new Line[] {Line.DELTA, Line.SUM, Line.SUM_REST}) {
      for (int t = steps; t < layout.tileStride; t++) {
        set(head, line, t, 0);
      }
    }
    decaysOf(head).fill(steps);
    for (int t = 0; t < steps; t++) {
      if (documents.isPadding(t) || !documents.isCarried(t)) {
        set(head, Line.FROM_BEGIN, t, 0);
      }
      if (documents.isPadding(t) || t < documents.lastFirst()) {
        set(head, Line.TO_END, t, 0);
      }
      set(head, Line.SHARE, t, get(head, Line.TO_END, t) * get(head, Line.DELTA, t));
    }
  }

  SsdDecaysCpu decaysOf(int head) {
    return new SsdDecaysCpu(scratch, layout, head);
  }

  /** Decay of the state over the whole chunk; 0 if another document begins in it. */
  float decayOfChunk(int head) {
    float rest = get(head, Line.SUM_REST, steps - 1);
    double sum = (double) get(head, Line.SUM, steps - 1) + rest;
    return documents.isCarriedOn() ? (float) Math.exp(sum / LOG2_E) : 0;
  }

  /**
   * C·Bᵀ for some rows of the chunk, zero where a row does not see a position. Columns reach to
   * whole vectors.
   *
   * @param behind positions from this many before the row's own on are not seen
   */
  void scores(int row, int rows, int behind) {
    int columns = row + rows;
    scratch(layout.cb, layout.tileStride)
        .product(blas, rows, columns, shape.states(), c().from(row, 0).plain(), b().transposed());
    for (int i = 0; i < rows; i++) {
      long at = layout.cb + (long) i * layout.line;
      int t = row + i;
      scratch.set(JAVA_FLOAT, layout.diagonal + 4L * i, scratch.get(JAVA_FLOAT, at + 4L * t));
      hide(at, documents.firstOf(t), t + 1 - behind);
    }
  }

  /** Puts zeros around the elements of a row that count, up to whole vectors. */
  void hide(long at, int from, int to) {
    for (int i = SsdRowsCpu.roundDown(from); i < from; i++) {
      scratch.set(JAVA_FLOAT, at + 4L * i, 0);
    }
    for (int i = to; i < SsdRowsCpu.roundUp(to); i++) {
      scratch.set(JAVA_FLOAT, at + 4L * i, 0);
    }
  }
}
