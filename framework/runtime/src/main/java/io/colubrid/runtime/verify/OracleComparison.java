package io.colubrid.runtime.verify;

import io.colubrid.runtime.checkpoint.ForeignTensor;
import io.colubrid.runtime.config.NearMatch;
import io.colubrid.runtime.model.Model;
import io.colubrid.spi.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Gathers how far what a model computed is from an oracle. */
final class OracleComparison {
  /** Names of our taps that the reference calls otherwise. */
  private static final Map<String, String> TAPS = Map.of(Model.HEAD + ".final_norm", "final_norm");

  private final Path folder;
  private final Oracle oracle;
  private final Tolerance tolerance;
  private final List<Deviation> deviations = new ArrayList<>();
  private final List<String> notChecked = new ArrayList<>();

  OracleComparison(Path folder, Oracle oracle, Tolerance tolerance) {
    this.folder = folder;
    this.oracle = oracle;
    this.tolerance = tolerance;
    if (oracle.gradients().isEmpty()) {
      notChecked.add("gradients: the folder has no gradients.safetensors");
    }
    if (oracle.generation().isEmpty() && oracle.input() instanceof OracleInput.Tokens) {
      notChecked.add("greedy tokens: the folder has no generation.safetensors");
    }
  }

  List<Deviation> deviations() {
    return deviations;
  }

  List<String> notChecked() {
    return notChecked;
  }

  void outputs(ReferencePass pass) throws VerificationException {
    compare(Deviation.Kind.LOGITS, "", pass.logits(), oracle.logits());
    Oracle.Numbers loss = new Oracle.Numbers(oracle.loss().shape(), pass.loss().elements());
    compare(Deviation.Kind.LOSS, "", loss, oracle.loss());
    Set<String> unknown = new TreeSet<>(oracle.hiddenStates().keySet());
    for (Map.Entry<String, Oracle.Numbers> tap : pass.hiddenStates().entrySet()) {
      String name = TAPS.getOrDefault(tap.getKey(), tap.getKey());
      Oracle.Numbers expected = oracle.hiddenStates().get(name);
      if (expected != null) {
        compare(Deviation.Kind.HIDDEN_STATE, name, tap.getValue(), expected);
        unknown.remove(name);
      }
    }
    for (String name : unknown) {
      throw new VerificationException(
          "%s: the reference has a hidden state '%s', which the model does not show; it shows %s"
              .formatted(folder, name, String.join(", ", pass.hiddenStates().keySet())));
    }
  }

  void gradients(Map<String, ForeignTensor> exported) throws VerificationException {
    if (oracle.gradients().isEmpty()) {
      return;
    }
    for (Map.Entry<String, ForeignTensor> entry : exported.entrySet()) {
      Oracle.Numbers expected = oracle.gradients().get(entry.getKey());
      if (expected == null) {
        notChecked.add("gradient of " + entry.getKey() + ": it is not in gradients.safetensors");
        continue;
      }
      ForeignTensor found = entry.getValue();
      double[] elements = LoadedModel.read(found.elements(), found.dtype());
      Oracle.Numbers gradient = new Oracle.Numbers(found.shape(), elements);
      compare(Deviation.Kind.GRADIENT, entry.getKey(), gradient, expected);
    }
    for (String name : oracle.gradients().keySet()) {
      if (!exported.containsKey(name)) {
        throw new VerificationException(
            "%s: gradients.safetensors has a tensor '%s' that the checkpoint has not%s"
                .formatted(folder, name, NearMatch.meant(name, exported.keySet())));
      }
    }
  }

  private void compare(
      Deviation.Kind kind, String name, Oracle.Numbers found, Oracle.Numbers expected)
      throws VerificationException {
    Shape shape = expected.shape();
    if (!found.shape().equals(shape)) {
      throw new VerificationException(
          "%s: %s is %s in the reference, but %s here"
              .formatted(folder, name, shape, found.shape()));
    }
    double most = kind == Deviation.Kind.GRADIENT ? tolerance.gradients() : tolerance.outputs();
    deviations.add(Deviation.of(kind, name, most, shape, found.elements(), expected.elements()));
  }
}
