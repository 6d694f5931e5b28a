package io.colubrid.plugins.moe;

import io.colubrid.spi.op.Comparison;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The definition of {@link ExpertQueues}, with a one at every pair of a choice and its expert. */
record ExpertQueuesReference(Ops ops, ExpertQueues queues) {

  List<Tensor> outputs(Tensor choices, @Nullable Tensor segments) {
    Shape shape = choices.shape();
    Tensor chosen = chosen(choices, segments);
    Tensor standing = ops.cumsum(chosen, 0);
    Tensor room = number(queues.capacity());
    Tensor fits = indicator(ops.compare(Comparison.LESS_OR_EQUAL, standing, room));
    Tensor kept = ops.multiply(chosen, fits);
    Tensor lengths = ops.sum(kept, 0);
    Tensor ends = ops.cumsum(lengths, 1);
    Tensor starts =
        queues.spaced()
            ? ops.scale(row(queues.experts()), queues.capacity())
            : ops.subtract(ends, lengths);
    Tensor places = ops.affine(ops.add(starts, standing), 1, -1);
    // A choice that was not kept has no place, which leaves −1.
    Tensor slots =
        ops.add(ops.sum(ops.multiply(kept, places), 1), ops.affine(ops.sum(kept, 1), 1, -1));
    Tensor offsets = ops.concat(1, List.of(number(0), ends));
    return List.of(
        integers(slots, shape),
        integers(positions(slots, shape), Shape.of(queues.slots(shape))),
        integers(offsets, Shape.of(queues.experts() + 1L)),
        integers(ops.sum(chosen, 0), Shape.of(queues.experts())));
  }

  /** [choices, experts]. */
  private Tensor chosen(Tensor choices, @Nullable Tensor segments) {
    long count = choices.shape().elements();
    Tensor flat = ops.reshape(ops.cast(choices, DType.F32), Shape.of(count, 1));
    Tensor chosen = indicator(ops.compare(Comparison.EQUAL, flat, row(queues.experts())));
    if (segments == null) {
      return chosen;
    }
    Tensor text =
        indicator(
            ops.compare(
                Comparison.GREATER_OR_EQUAL,
                ops.reshape(ops.cast(segments, DType.F32), Shape.of(choices.dim(0), 1)),
                number(0)));
    Tensor each = ops.broadcast(text, choices.shape());
    return ops.multiply(chosen, ops.reshape(each, Shape.of(count, 1)));
  }

  /** The position whose choice has each slot. */
  private Tensor positions(Tensor slots, Shape choices) {
    long count = choices.elements();
    Tensor slot = column(queues.slots(choices));
    Tensor has =
        indicator(ops.compare(Comparison.EQUAL, slot, ops.reshape(slots, Shape.of(1, count))));
    Tensor each = ops.reshape(ops.broadcast(column(choices.dim(0)), choices), Shape.of(1, count));
    return ops.affine(ops.sum(ops.multiply(has, ops.affine(each, 1, 1)), 1), 1, -1);
  }

  private Tensor indicator(Tensor mask) {
    return ops.where(mask, number(1), number(0));
  }

  private Tensor number(double value) {
    return ops.constant(DType.F32, Shape.of(1, 1), value);
  }

  private Tensor row(long count) {
    return ops.reshape(ops.range(DType.F32, count), Shape.of(1, count));
  }

  private Tensor column(long count) {
    return ops.reshape(ops.range(DType.F32, count), Shape.of(count, 1));
  }

  private Tensor integers(Tensor numbers, Shape shape) {
    return ops.reshape(ops.cast(numbers, DType.I32), shape);
  }
}
