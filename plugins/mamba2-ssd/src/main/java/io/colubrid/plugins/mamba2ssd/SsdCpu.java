package io.colubrid.plugins.mamba2ssd;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Ssd} on the CPU, as products of matrices (Dao and Gu, 2024, section 6). In a chunk, y is
 * (C·Bᵀ ∘ decays)·Δx and what the state before the chunk adds, and the chunk moves the state by one
 * more product. A few positions alone go through the recurrence.
 */
record SsdCpu(Ssd op) implements CpuBody {
  // Up to here, products of so few rows cost more than the recurrence.
  private static final int FEW_STEPS = 4;

  private SsdShape shape(List<@Nullable TensorType> inputs) {
    return SsdShape.of(op, inputs);
  }

  /** The states at the beginning of each chunk, and step sizes [batch, heads, length]. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    SsdShape shape = shape(inputs);
    return List.of(
        TensorType.f32(
            shape.batch(), shape.chunks(), shape.heads(), shape.headDim(), shape.states()),
        TensorType.f32(shape.batch(), shape.heads(), shape.length()));
  }

  /** Step sizes of a head in the chunk that a block has come to. */
  static Matrix savedSteps(CpuCall call, SsdBlock block, int head) {
    SsdShape shape = block.shape;
    long row = (long) block.batch * shape.heads() + block.firstHead + head;
    return new Matrix(call.saved(1), row * shape.length() + block.start, 1);
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    SsdShape shape = shape(inputs);
    return parts(shape, threads) * new SsdScratch(shape, false).bytes;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    SsdShape shape = shape(inputs);
    return SsdPartials.bytes(shape) + parts(shape, threads) * new SsdScratch(shape, true).bytes;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != Ssd.STATE;
  }

  @Override
  public void forward(CpuCall call) {
    SsdShape shape = shape(call.inputTypes());
    if (shape.length() <= FEW_STEPS && !call.saves() && call.hasInput(Ssd.STATE)) {
      new SsdStepsCpu(call, op, shape).run();
      return;
    }
    forEachBlock(call, shape, 0, false, block -> new SsdForwardCpu(block)::run);
  }

  @Override
  public void backward(CpuCall call) {
    SsdShape shape = shape(call.inputTypes());
    SsdPartials partials = new SsdPartials(call, shape);
    long base = SsdPartials.bytes(shape);
    forEachBlock(call, shape, base, true, block -> new SsdBackwardCpu(block, partials)::run);
    partials.reduce();
  }

  private static long parts(SsdShape shape, int threads) {
    return Math.min(threads, shape.blocks());
  }

  private void forEachBlock(
      CpuCall call,
      SsdShape shape,
      long base,
      boolean backward,
      Function<SsdBlock, IntConsumer> tasks) {
    SsdScratch layout = new SsdScratch(shape, backward);
    long parts = parts(shape, call.parallel().threads());
    call.parallel()
        .forEachRange(
            parts,
            1,
            (from, to) -> {
              for (long part = from; part < to; part++) {
                long at = base + part * layout.bytes;
                MemorySegment scratch = call.workspace().asSlice(at, layout.bytes);
                IntConsumer task = tasks.apply(new SsdBlock(call, op, shape, layout, scratch));
                for (int i = (int) part; i < shape.blocks(); i += (int) parts) {
                  task.accept(i);
                }
              }
            });
  }
}
