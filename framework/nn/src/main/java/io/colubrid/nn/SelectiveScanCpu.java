package io.colubrid.nn;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CpuCall;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link SelectiveScan} on the CPU. Vectors run over channels, so that a state is a vector and y
 * needs no sums over lanes; two states at a time go through a tile of steps that stays in the first
 * cache. Their exponentials are nearly all the work.
 */
final class SelectiveScanCpu implements CpuBody {
  private final boolean softplus;
  private final boolean reversed;
  private final ScanKernels kernels;

  SelectiveScanCpu(boolean softplus, boolean reversed, ScanKernels kernels) {
    this.softplus = softplus;
    this.reversed = reversed;
    this.kernels = kernels;
  }

  static SelectiveScanCpu of(boolean softplus, boolean reversed) {
    return new SelectiveScanCpu(softplus, reversed, Vectors.scan());
  }

  private ScanShape shape(List<@Nullable TensorType> inputs) {
    return ScanShape.of(inputs, kernels.lanes(), reversed);
  }

  /** The states at the beginning of each tile, [batch, tiles, blocks, states, lanes]. */
  @Override
  public List<TensorType> saved(List<@Nullable TensorType> inputs) {
    return List.of(TensorType.f32(shape(inputs).checkpoints()));
  }

  @Override
  public long forwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    ScanShape shape = shape(inputs);
    return shape.groups().slots(threads) * shape.layout(false).bytes;
  }

  @Override
  public long backwardWorkspace(List<@Nullable TensorType> inputs, int threads) {
    ScanShape shape = shape(inputs);
    return ScanPartials.bytes(shape) + shape.groups().slots(threads) * shape.layout(true).bytes;
  }

  @Override
  public boolean backwardReadsInput(int input) {
    return input != SelectiveScan.STATE;
  }

  @Override
  public void forward(CpuCall call) {
    ScanShape shape = shape(call.inputTypes());
    ScanLayout layout = shape.layout(false);
    ScanRows rows = ScanRows.forward(call, shape.elements());
    shape
        .groups()
        .forEach(
            call.parallel(),
            slot -> {
              long at = slot * layout.bytes;
              ScanGroup group = new ScanGroup(call, shape, layout, kernels, rows, at);
              return new ScanForward(group, softplus)::run;
            });
  }

  @Override
  public void backward(CpuCall call) {
    ScanShape shape = shape(call.inputTypes());
    ScanLayout layout = shape.layout(true);
    ScanRows rows = ScanRows.backward(call, shape.elements());
    ScanPartials partials = new ScanPartials(shape, call.workspace());
    long scratch = ScanPartials.bytes(shape);
    shape
        .groups()
        .forEach(
            call.parallel(),
            slot -> {
              long at = scratch + slot * layout.bytes;
              ScanGroup group = new ScanGroup(call, shape, layout, kernels, rows, at);
              return new ScanBackward(group, partials, softplus)::run;
            });
    partials.reduce(call);
  }
}
