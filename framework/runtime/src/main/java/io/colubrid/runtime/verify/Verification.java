package io.colubrid.runtime.verify;

import io.colubrid.engine.backend.Backend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.runtime.checkpoint.CheckpointFormats;
import io.colubrid.runtime.checkpoint.ForeignModel;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.training.Shadows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Builds the model of a checkpoint, loads its weights, and compares what it computes with what the
 * folder says that its origin computed:
 *
 * <ul>
 *   <li>{@code config.json}, and {@code model.safetensors} or {@code pytorch_model.bin}: the
 *       checkpoint
 *   <li>{@code reference.safetensors}: {@code input_ids} [batch, length], or {@code images} [batch,
 *       channels, height, width] and {@code labels} [batch]; {@code logits}, {@code loss}, and
 *       hidden states {@code embedding}, {@code block.I} and {@code final_norm}
 *   <li>{@code gradients.safetensors}: of that loss for every tensor of the checkpoint; may be
 *       missing
 *   <li>{@code generation.safetensors}: {@code prompt}, and {@code tokens} with its greedy
 *       continuation; may be missing
 * </ul>
 */
public final class Verification {
  private final Path folder;
  private final ForeignModel foreign;
  private final Model model;
  private final Oracle oracle;
  private final OracleComparison comparison;

  private Verification(Path folder, LayerRegistry registry, Tolerance tolerance)
      throws IOException {
    this.folder = folder;
    this.foreign = CheckpointFormats.read(folder);
    this.model = ModelBuilder.build(foreign.graph(registry));
    this.oracle = Oracle.read(folder);
    this.comparison = new OracleComparison(folder, oracle, tolerance);
  }

  /**
   * Verifies a folder.
   *
   * @throws IOException if its config cannot be taken over, its tensors do not fit, or its
   *     reference is not one
   * @throws io.colubrid.runtime.config.ConfigProblemsException if no plugin brings its layers
   */
  public static VerificationReport run(
      Path folder,
      LayerRegistry registry,
      Backend backend,
      Tolerance tolerance,
      Arrangement arrangement)
      throws IOException {
    return new Verification(folder, registry, tolerance).run(backend, arrangement);
  }

  private VerificationReport run(Backend backend, Arrangement arrangement) throws IOException {
    try (ParameterStore store =
        new ParameterStore(backend.memory(), arrangement.precision(), model.parameters())) {
      try (StoredTensors stored = StoredTensors.open(folder)) {
        foreign.rules().load(stored, store);
      }
      Shadows.refresh(backend, store);
      store.enableGradients();
      LoadedModel loaded = new LoadedModel(backend, model, store, arrangement);
      comparison.outputs(ReferencePass.run(loaded, oracle));
      comparison.gradients(
          foreign.rules().export(store, parameter -> store.at(store.gradients(), parameter)));
      return new VerificationReport(
          folder,
          foreign.modelType(),
          backend.name() + " " + arrangement,
          store.count(),
          comparison.deviations(),
          greedy(loaded),
          comparison.notChecked());
    }
  }

  private List<GreedyTokens> greedy(LoadedModel loaded) {
    Oracle.Generation generation = oracle.generation().orElse(null);
    // Rounding may draw another token where two are nearly as likely.
    if (generation == null || loaded.arrangement().equals(Arrangement.BF16)) {
      return List.of();
    }
    Continuation continuation = new Continuation(loaded, generation);
    List<GreedyTokens> greedy = new ArrayList<>();
    greedy.add(continuation.byRunningAgain());
    boolean plain = loaded.arrangement().equals(Arrangement.F32);
    if (plain && model.generationRefusal().isEmpty()) {
      greedy.add(continuation.byStates());
    }
    return greedy;
  }
}
