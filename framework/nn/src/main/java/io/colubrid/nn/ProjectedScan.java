package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SelectiveScan} whose step sizes are projected from a few features on the way, delta_t =
 * weight·features_t: for single steps on a GPU, where a product of its own costs more than the work
 * in it.
 *
 * <p>Inputs are those of the scan, with features [batch, length, rank] in the place of delta, and
 * behind them weight [channels, rank].
 */
public record ProjectedScan(SelectiveScan scan) implements Op {
  static final int FEATURES = SelectiveScan.DELTA;
  static final int WEIGHT = 10;

  /**
   * @param of what the scan is of, with features [batch, length, rank] as its delta
   * @param weight [channels, rank], of the dtype of the features
   */
  public SelectiveScan.Result apply(Ops ops, SelectiveScan.Operands of, Tensor weight) {
    List<Tensor> outputs =
        ops.apply(
            this,
            of.u(),
            of.delta(),
            of.aLog(),
            of.b(),
            of.c(),
            of.skip(),
            of.gate(),
            of.deltaBias(),
            of.state(),
            of.segments(),
            weight);
    return new SelectiveScan.Result(
        outputs.getFirst(), of.state() == null ? null : outputs.getLast());
  }

  @Override
  public String name() {
    return "projected-scan";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    OperandShapes operands = new OperandShapes(name(), inputs);
    TensorType u = operands.require(SelectiveScan.U, "u", 3);
    long rank = operands.require(FEATURES, "features", 3).shape().dim(2);
    operands.require(FEATURES, "features", u.shape().with(2, rank));
    operands.require(WEIGHT, "weight", Shape.of(u.shape().dim(2), rank));
    return scan.outputs(withDelta(inputs, u));
  }

  /** Inputs of the scan. */
  private static <T> List<@Nullable T> withDelta(List<@Nullable T> inputs, T delta) {
    List<@Nullable T> scan = new ArrayList<>(inputs.subList(0, WEIGHT));
    scan.set(SelectiveScan.DELTA, delta);
    return scan;
  }

  @Override
  public int inPlaceOf(int output) {
    return scan.inPlaceOf(output);
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor u = requireNonNull(inputs.get(SelectiveScan.U));
    Tensor features = requireNonNull(inputs.get(FEATURES));
    Tensor delta = ops.matmul(features, false, requireNonNull(inputs.get(WEIGHT)), true);
    return ops.apply(scan, withDelta(inputs, ops.cast(delta, u.dtype())).toArray(Tensor[]::new));
  }

  @Override
  public long flops(List<@Nullable TensorType> inputs) {
    TensorType u = requireNonNull(inputs.get(SelectiveScan.U));
    long rank = requireNonNull(inputs.get(FEATURES)).shape().dim(2);
    return 2 * rank * u.shape().elements() + scan.flops(withDelta(inputs, u));
  }

  @Override
  public CudaBody cudaBody() {
    return new ProjectedScanCuda(new SelectiveScanCuda(scan));
  }
}
