package io.colubrid.runtime.training;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Clips gradients by their global norm (Pascanu et al., 2013) without touching them: it works out
 * the factor that averages and clips them, and whether they are fit for use at all.
 *
 * <p>Inputs: any number of gradients, F32 of any shapes, as sums over what they are averaged by;
 * and behind them the settings F32 [4]: the learning rate, the number of the update, the factor
 * that averages (one over the number of micro-batches or targets), and the largest norm that an
 * average may have, +∞ for any.
 *
 * <p>Outputs: the control of the update, F32 [4], as {@link UpdateControl} tells; and F32 [1], the
 * norm of the averaged gradient before it is clipped. The update is told to proceed if the sum of
 * squares is finite in F32.
 */
public record GlobalNormClip() implements Op {
  static final int AVERAGING = 2;
  static final int MAX_NORM = 3;

  /** Keeps a division by a norm of 0 finite. */
  static final double SMALLEST_NORM = 1e-30;

  /**
   * What clipping gives.
   *
   * @param control F32 [4]
   * @param norm F32 [1]
   */
  public record Result(Tensor control, Tensor norm) {}

  public static Result apply(Ops ops, List<? extends Tensor> gradients, Tensor settings) {
    List<Tensor> inputs = new ArrayList<>(gradients);
    inputs.add(settings);
    List<Tensor> outputs = ops.apply(new GlobalNormClip(), inputs.toArray(Tensor[]::new));
    return new Result(outputs.get(0), outputs.get(1));
  }

  @Override
  public String name() {
    return "global-norm-clip";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType control = TensorType.f32(UpdateControl.SIZE);
    if (inputs.isEmpty() || !control.equals(inputs.getLast())) {
      throw new ShapeException(
          "global-norm-clip: the last input must be the settings %s, not %s"
              .formatted(control, inputs.isEmpty() ? "absent" : inputs.getLast()));
    }
    for (TensorType gradient : inputs) {
      if (gradient == null || gradient.dtype() != DType.F32) {
        throw new ShapeException("global-norm-clip: gradients must be f32, not " + gradient);
      }
    }
    return List.of(control, TensorType.f32(1));
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return GlobalNormClipReference.outputs(ops, inputs);
  }

  @Override
  public CpuBody cpuBody() {
    return GlobalNormClipCpu.BODY;
  }

  @Override
  public CudaBody cudaBody() {
    return new GlobalNormClipCuda();
  }
}
