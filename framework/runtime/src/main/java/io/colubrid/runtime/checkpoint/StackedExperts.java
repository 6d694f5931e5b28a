package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Stack;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Experts that are tensors of their own there, and stacked here.
 *
 * @param there what stands before {@code experts.0} there
 * @param here what stands before {@code experts} here
 * @param count how many there are
 */
record StackedExperts(String there, String here, int count) {
  private static final long MOST = 4096;

  /** The number of experts under a key; 1 if there is a problem, which is noted. */
  static int count(ForeignConfig config, String key) {
    long experts = config.size(key);
    if (experts > MOST) {
      config.problem(key, "is %d, more than %d experts".formatted(experts, MOST));
      return 1;
    }
    return (int) experts;
  }

  /** The rule for one of the matrices of each expert. */
  Stack rule(String foreign, String ours) {
    List<String> each =
        IntStream.range(0, count)
            .mapToObj(e -> there + "experts." + e + "." + foreign + ".weight")
            .toList();
    return new Stack(each, here + "experts." + ours + ".weight");
  }
}
