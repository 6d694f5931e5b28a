package io.colubrid.plugins.mamba2ssd;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.colubrid.spi.op.CpuCall;
import java.lang.foreign.MemorySegment;

/**
 * Parts of gradients that several blocks share, in scratch memory: those of each head's aLog, skip
 * and deltaBias, one a row of the batch, and those of B and C, one a block of a group where it has
 * several. They are added in a fixed order.
 */
final class SsdPartials {
  /** What each head has one of. */
  enum OfHead {
    A_LOG(0, Ssd.A_LOG),
    SKIP(1, Ssd.SKIP),
    DELTA_BIAS(2, Ssd.DELTA_BIAS);

    final int place;
    final int input;

    OfHead(int place, int input) {
      this.place = place;
      this.input = input;
    }
  }

  private static final int KINDS = OfHead.values().length;

  private final CpuCall call;
  private final SsdShape shape;
  private final MemorySegment memory;

  SsdPartials(CpuCall call, SsdShape shape) {
    this.call = call;
    this.shape = shape;
    this.memory = call.workspace();
  }

  private static long bytesOfHeads(SsdShape shape) {
    return Math.ceilDiv((long) Double.BYTES * KINDS * shape.batch() * shape.heads(), 64L) * 64;
  }

  private static long elementsOfBlock(SsdShape shape) {
    return (long) shape.batch() * shape.length() * 2 * shape.groups() * shape.states();
  }

  static long bytes(SsdShape shape) {
    long blocks = shape.blocksOfGroup() == 1 ? 0 : shape.blocksOfGroup();
    return bytesOfHeads(shape)
        + Math.ceilDiv(Float.BYTES * blocks * elementsOfBlock(shape), 64L) * 64;
  }

  private long at(OfHead kind, long batch, long head) {
    return (kind.place * (long) shape.batch() + batch) * shape.heads() + head;
  }

  void set(OfHead kind, SsdBlock block, int head, double value) {
    memory.setAtIndex(JAVA_DOUBLE, at(kind, block.batch, block.firstHead + head), value);
  }

  /** Where a block puts its gradient of B, for the chunk it has come to. */
  Matrix ofB(SsdBlock block) {
    return shared(block, block.columnOfB());
  }

  /** Where a block puts its gradient of C. */
  Matrix ofC(SsdBlock block) {
    return shared(block, block.columnOfC());
  }

  private Matrix shared(SsdBlock block, long column) {
    if (shape.blocksOfGroup() == 1) {
      return block.rows(call.inputGradient(Ssd.XBC), shape.width(), column);
    }
    long stride = shape.width() - shape.inner();
    Matrix rows = block.rows(memory, stride, column - shape.inner());
    long before = block.indexInGroup() * elementsOfBlock(shape);
    return new Matrix(memory, bytesOfHeads(shape) / Float.BYTES + before + rows.at(), stride);
  }

  /** Adds everything up and writes the gradients that are wanted. */
  void reduce() {
    for (OfHead kind : OfHead.values()) {
      if (call.hasInput(kind.input) && call.wantsGradient(kind.input)) {
        reduce(kind, call.inputGradient(kind.input));
      }
    }
    if (shape.blocksOfGroup() > 1 && call.wantsGradient(Ssd.XBC)) {
      MemorySegment gradient = call.inputGradient(Ssd.XBC);
      long rows = (long) shape.batch() * shape.length();
      call.parallel().forEachRange(rows, 16, (from, to) -> addShared(gradient, from, to));
    }
  }

  private void reduce(OfHead kind, MemorySegment gradient) {
    for (int head = 0; head < shape.heads(); head++) {
      double sum = 0;
      for (int batch = 0; batch < shape.batch(); batch++) {
        sum += memory.getAtIndex(JAVA_DOUBLE, at(kind, batch, head));
      }
      gradient.setAtIndex(JAVA_FLOAT, head, (float) sum);
    }
  }

  private void addShared(MemorySegment gradient, long from, long to) {
    int count = shape.width() - shape.inner();
    long block = Float.BYTES * elementsOfBlock(shape);
    for (long row = from; row < to; row++) {
      long out = Float.BYTES * (row * shape.width() + shape.inner());
      long first = bytesOfHeads(shape) + Float.BYTES * row * count;
      SsdRowsCpu.scaled(memory, first, 1, gradient, out, count);
      for (int i = 1; i < shape.blocksOfGroup(); i++) {
        SsdRowsCpu.mix(gradient, out, 1, memory, first + i * block, 1, count);
      }
    }
  }
}
