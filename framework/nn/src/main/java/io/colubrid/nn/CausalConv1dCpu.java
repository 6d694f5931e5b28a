package io.colubrid.nn;

import static io.colubrid.nn.Addresses.NONE;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link CausalConv1d} on the CPU. The inputs of a tile are copied into a window together with
 * those before them, wherever these are, so that the loops know neither documents nor tails.
 */
final class CausalConv1dCpu implements CpuBody {
  private final boolean silu;
  private final boolean reversed;
  private final ConvKernels kernels;

  CausalConv1dCpu(boolean silu, boolean reversed, ConvKernels kernels) {
    this.silu = silu;
    this.reversed = reversed;
    this.kernels = kernels;
  }

  static CausalConv1dCpu of(boolean silu, boolean reversed) {
    return new CausalConv1dCpu(silu, reversed, Vectors.conv());
  }

  private static TensorType type(List<@Nullable TensorType> inputs, int index) {
    return Objects.requireNonNull(inputs.get(index));
  }

  private ChannelGroups groups(List<@Nullable TensorType> inputs) {
    return ChannelGroups.of(type(inputs, CausalConv1d.X).shape(), kernels.lanes());
  }

  private ConvLayout layout(List<@Nullable TensorType> inputs) {
    int width = Math.toIntExact(type(inputs, CausalConv1d.WEIGHT).shape().dim(2));
    return new ConvLayout(kernels.lanes(), width, groups(inputs).groupBlocks());
  }

  /** The tail that came in, which forward overwrites. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    TensorType tail = inputs.get(CausalConv1d.TAIL);
    return tail == null ? List.of() : List.of(tail);
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != CausalConv1d.TAIL;
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    return groups(inputs).slots(threads) * layout(inputs).bytes;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    ConvLayout layout = layout(inputs);
    ChannelGroups groups = groups(inputs);
    return groups.slots(threads) * layout.bytes + ConvPartials.bytes(groups, layout);
  }

  private static long tailElements(ChannelGroups groups, ConvLayout layout) {
    return (long) groups.batch() * (layout.width - 1) * groups.channels();
  }

  @Override
  public void forward(CpuCall call) {
    ChannelGroups groups = groups(call.inputTypes());
    ConvLayout layout = layout(call.inputTypes());
    boolean tailed = call.hasInput(CausalConv1d.TAIL);
    if (tailed && call.saves()) {
      call.saved(0).copyFrom(call.output(1));
    }
    long tail = tailed ? Addresses.of(call.output(1), tailElements(groups, layout)) : NONE;
    groups.forEach(
        call.parallel(),
        slot -> {
          MemorySegment scratch = call.workspace().asSlice(slot * layout.bytes, layout.bytes);
          ConvGroup group = new ConvGroup(call, groups, layout, kernels, scratch, tail, reversed);
          return new ConvForward(group, silu)::run;
        });
  }

  @Override
  public void backward(CpuCall call) {
    ChannelGroups groups = groups(call.inputTypes());
    ConvLayout layout = layout(call.inputTypes());
    ConvPartials partials = new ConvPartials(groups, layout, call.workspace());
    long first = ConvPartials.bytes(groups, layout);
    long tail =
        call.hasInput(CausalConv1d.TAIL)
            ? Addresses.of(call.saved(0), tailElements(groups, layout))
            : NONE;
    groups.forEach(
        call.parallel(),
        slot -> {
          MemorySegment scratch =
              call.workspace().asSlice(first + slot * layout.bytes, layout.bytes);
          ConvGroup group = new ConvGroup(call, groups, layout, kernels, scratch, tail, reversed);
          return new ConvBackward(group, partials, silu)::run;
        });
    partials.reduce(call);
  }
}
