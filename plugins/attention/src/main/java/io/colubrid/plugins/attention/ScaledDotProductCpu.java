package io.colubrid.plugins.attention;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link ScaledDotProduct} in tiles, parallel over heads and tiles of queries. It saves one float a
 * query and head, from which the backward pass computes the weights anew.
 */
record ScaledDotProductCpu(AttentionMask mask, double scale) implements CpuBody {

  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    AttentionShape shape = ScaledDotProduct.shape(inputs);
    return List.of(TensorType.f32(shape.batch(), shape.heads(), shape.length()));
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return TiledForwardCpu.workspace(ScaledDotProduct.shape(inputs), threads);
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    AttentionShape shape = ScaledDotProduct.shape(inputs);
    return KeyRanges.bytes(shape.batch() * shape.length())
        + threads * ScaledDotProductGradientCpu.scratchBytes(shape);
  }

  @Override
  public boolean backwardReadsOutput(int output) {
    return true;
  }

  @Override
  public void forward(CpuCall call) {
    AttentionShape shape = ScaledDotProduct.shape(call.inputTypes());
    new TiledForwardCpu(
            call,
            shape,
            call.input(ScaledDotProduct.KEY),
            call.input(ScaledDotProduct.VALUE),
            scale,
            ranges(call, shape),
            call.saves() ? call.saved(0) : null)
        .run();
  }

  @Override
  public void backward(CpuCall call) {
    AttentionShape shape = ScaledDotProduct.shape(call.inputTypes());
    KeyRanges ranges = ranges(call, shape);
    long bytes = ScaledDotProductGradientCpu.scratchBytes(shape);
    long base = KeyRanges.bytes(shape.batch() * shape.length());
    // A part owns whole heads of keys, so that their gradients are summed over the query heads that
    // share them in a fixed order.
    Parts.run(
        call.parallel(),
        shape.batch() * shape.kvHeads(),
        (part, from, to) -> {
          MemorySegment scratch = call.workspace().asSlice(base + part * bytes, bytes);
          var gradient = new ScaledDotProductGradientCpu(call, shape, ranges, scratch, scale);
          for (long i = from; i < to; i++) {
            gradient.run(i / shape.kvHeads(), i % shape.kvHeads());
          }
        });
  }

  private KeyRanges ranges(CpuCall call, AttentionShape shape) {
    KeyRanges ranges = new KeyRanges(call.workspace());
    boolean packed = call.hasInput(ScaledDotProduct.SEGMENTS);
    MemorySegment segments = packed ? call.input(ScaledDotProduct.SEGMENTS) : null;
    ranges.fill(mask, shape.batch(), shape.length(), segments);
    return ranges;
  }
}
