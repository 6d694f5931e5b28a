package io.colubrid.nn;

import io.colubrid.spi.op.Ops;
import io.colubrid.spi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs a definition from the end of the length to its beginning. */
final class Reversal {
  private static final int LENGTH = 1;

  private Reversal() {}

  /**
   * @param along indices of the inputs [batch, length, ...], which may be absent
   * @param definition gives outputs [batch, length, ...]
   */
  static List<Tensor> of(
      Ops ops,
      List<@Nullable Tensor> inputs,
      Set<Integer> along,
      Function<List<@Nullable Tensor>, List<Tensor>> definition) {
    List<@Nullable Tensor> turned = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Tensor input = inputs.get(i);
      turned.add(input != null && along.contains(i) ? ops.flip(input, LENGTH) : input);
    }
    return definition.apply(turned).stream().map(y -> ops.flip(y, LENGTH)).toList();
  }
}
