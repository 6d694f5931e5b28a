package io.colubrid.nn;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link GroupedLinear}: every row by every matrix, and all but one by zero. */
final class GroupedLinearReference {
  private GroupedLinearReference() {}

  static List<Tensor> outputs(Ops ops, List<@Nullable Tensor> inputs) {
    Tensor x = requireNonNull(inputs.get(GroupedLinear.X));
    Tensor weight = requireNonNull(inputs.get(GroupedLinear.WEIGHT));
    Tensor bias = inputs.get(GroupedLinear.BIAS);
    long rows = x.dim(0);
    long groups = weight.dim(0);
    Tensor members =
        members(ops, requireNonNull(inputs.get(GroupedLinear.OFFSETS)), rows, x.dtype());
    Tensor own =
        ops.multiply(
            ops.reshape(x, Shape.of(1, rows, x.dim(1))),
            ops.reshape(members, Shape.of(groups, rows, 1)));
    Tensor products = ops.matmul(own, false, weight, true);
    Tensor y = ops.reshape(ops.sum(products, 0), Shape.of(rows, weight.dim(1)));
    return List.of(bias == null ? y : ops.add(y, ops.matmul(members, true, bias, false)));
  }

  /** [groups, rows]: 1 where a row belongs to a group. */
  private static Tensor members(Ops ops, Tensor offsets, long rows, DType dtype) {
    long groups = offsets.dim(0) - 1;
    Tensor bounds = ops.reshape(ops.cast(offsets, dtype), Shape.of(groups + 1, 1));
    Tensor row = ops.reshape(ops.range(dtype, rows), Shape.of(1, rows));
    Tensor zero = ops.constant(dtype, Shape.of(1, 1), 0);
    Tensor one = ops.constant(dtype, Shape.of(1, 1), 1);
    Tensor begun = ops.compare(Comparison.GREATER_OR_EQUAL, row, ops.slice(bounds, 0, 0, groups));
    Tensor before = ops.compare(Comparison.LESS, row, ops.slice(bounds, 0, 1, groups + 1));
    return ops.where(begun, ops.where(before, one, zero), zero);
  }
}
