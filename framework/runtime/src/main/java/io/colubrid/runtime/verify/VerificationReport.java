package io.colubrid.runtime.verify;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a verification found.
 *
 * @param folder the checkpoint
 * @param modelType what its config calls the model
 * @param device what computed, such as {@code cpu f32}
 * @param parameters number of weights
 * @param deviations of every tensor that the reference has
 * @param greedy continuations, one for each way of computing them
 * @param notChecked what the folder does not hold, one sentence each
 */
public record VerificationReport(
    Path folder,
    String modelType,
    String device,
    long parameters,
    List<Deviation> deviations,
    List<GreedyTokens> greedy,
    List<String> notChecked) {
  public VerificationReport {
    deviations = List.copyOf(deviations);
    greedy = List.copyOf(greedy);
    notChecked = List.copyOf(notChecked);
  }

  /** Whether everything is within tolerance and all tokens agree. */
  public boolean passes() {
    return failures() == 0;
  }

  /** Tensors out of tolerance, and continuations that differ. */
  public long failures() {
    return deviations.stream().filter(deviation -> !deviation.passes()).count()
        + greedy.stream().filter(tokens -> !tokens.agree()).count();
  }

  /** The tensor whose error is the largest share of its tolerance. */
  public Deviation worst() {
    return deviations.stream()
        .max(Comparator.comparingDouble(Deviation::severity))
        .orElseThrow(() -> new IllegalStateException("nothing was compared"));
  }

  /** The worst tensor of a kind, if there is one. */
  public Optional<Deviation> worst(Deviation.Kind kind) {
    return deviations.stream()
        .filter(deviation -> deviation.kind() == kind)
        .max(Comparator.comparingDouble(Deviation::severity));
  }
}
