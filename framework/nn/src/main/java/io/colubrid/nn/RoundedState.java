package io.colubrid.nn;

import io.colubrid.spi.op.Op;
import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.DType;
import io.colubrid.spi.tensor.Tensor;
import io.colubrid.spi.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The definition of a recurrence that carries its state in BF16: it is what happens in F32, and the
 * state behind it is rounded once, however many steps there were.
 */
public final class RoundedState {
  private static final int ADVANCED = 1;

  private RoundedState() {}

  /** Whether a state is carried, and in BF16. */
  public static boolean is(@Nullable Tensor state) {
    return state != null && state.dtype() == DType.BF16;
  }

  /** The same of its type. */
  public static boolean is(@Nullable TensorType state) {
    return state != null && state.dtype() == DType.BF16;
  }

  /**
   * Records an operation of two outputs, the second of them the advanced state.
   *
   * @param state index of the state among the inputs
   */
  public static List<Tensor> apply(Ops ops, Op op, List<@Nullable Tensor> inputs, int state) {
    List<@Nullable Tensor> wide = new ArrayList<>(inputs);
    wide.set(state, ops.cast(Objects.requireNonNull(inputs.get(state)), DType.F32));
    List<Tensor> outputs = new ArrayList<>(ops.apply(op, wide.toArray(new Tensor[0])));
    outputs.set(ADVANCED, ops.cast(outputs.get(ADVANCED), DType.BF16));
    return outputs;
  }
}
