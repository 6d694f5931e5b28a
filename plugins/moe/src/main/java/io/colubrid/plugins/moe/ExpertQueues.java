package io.colubrid.plugins.moe;

import static java.util.Objects.requireNonNull;

import io.colubrid.spi.op.CpuBody;
import io.colubrid.spi.op.CudaBody;
import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.op.ShapeException;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Shape;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives each choice of a position a slot in the queue of the expert it chose. Queues fill in the
 * order of positions, so that no position is dropped for the sake of a later one; a choice that
 * finds its queue full is dropped. Padding chooses nothing.
 *
 * @param experts how many there are
 * @param capacity slots of each
 * @param spaced whether queue e begins at slot e · capacity; else each begins where the one before
 *     ends
 */
record ExpertQueues(int experts, long capacity, boolean spaced) implements Op {
  static final int CHOICES = 0;
  static final int SEGMENTS = 1;
  static final int SLOTS = 0;
  static final int POSITIONS = 1;
  static final int OFFSETS = 2;
  static final int DEMAND = 3;

  /**
   * Who stands where.
   *
   * @param slots I32 [positions, k]: the slot of each choice, −1 where it has none
   * @param positions I32 [slots]: the position in each slot, −1 where there is none
   * @param offsets I32 [experts + 1]: how many are in the queues before each, and in all
   * @param demand I32 [experts]: how many chose each
   */
  record Result(Tensor slots, Tensor positions, Tensor offsets, Tensor demand) {}

  /**
   * @param choices I32 [positions, k]
   * @param segments I32 [positions], −1 for padding; or null where there is none
   */
  Result apply(Ops ops, Tensor choices, @Nullable Tensor segments) {
    List<Tensor> outputs = ops.apply(this, choices, segments);
    return new Result(
        outputs.get(SLOTS), outputs.get(POSITIONS), outputs.get(OFFSETS), outputs.get(DEMAND));
  }

  @Override
  public String name() {
    return "expert-queues";
  }

  @Override
  public List<TensorType> outputs(List<@Nullable TensorType> inputs) {
    TensorType choices = requireNonNull(inputs.get(CHOICES));
    TensorType segments = inputs.get(SEGMENTS);
    if (choices.dtype() != DType.I32 || choices.shape().rank() != 2) {
      throw new ShapeException("expert-queues: needs i32 choices [positions, k], not " + choices);
    }
    if (segments != null && !segments.equals(TensorType.i32(choices.shape().dim(0)))) {
      throw new ShapeException(
          "expert-queues: segments must be i32 [%d], but are %s"
              .formatted(choices.shape().dim(0), segments));
    }
    return List.of(
        choices,
        TensorType.i32(slots(choices.shape())),
        TensorType.i32(experts + 1L),
        TensorType.i32(experts));
  }

  long slots(Shape choices) {
    long room = experts * capacity;
    return spaced ? room : Math.min(room, choices.elements());
  }

  @Override
  public List<Tensor> reference(Ops ops, List<@Nullable Tensor> inputs) {
    return new ExpertQueuesReference(ops, this)
        .outputs(requireNonNull(inputs.get(CHOICES)), inputs.get(SEGMENTS));
  }

  @Override
  public CpuBody cpuBody() {
    return new ExpertQueuesCpu(this);
  }

  @Override
  public boolean runsWithoutVectors() {
    return true;
  }

  @Override
  public CudaBody cudaBody() {
    return new ExpertQueuesCuda(this);
  }
}
