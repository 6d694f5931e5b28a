package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import java.util.ArrayList;
import java.util.List;

/**
 * The names that Mamba's checkpoints share, wherever they come from.
 *
 * @param embedding of the token embedding
 * @param mixer names in a layer's mixer; ours are the same
 * @param tied whether the head uses the embedding
 */
record MambaNames(String embedding, long layers, List<String> mixer, boolean tied) {
  private static final List<String> PROJECTIONS = List.of("in_proj", "out_proj");

  /** Names in a mixer of the first Mamba. */
  static List<String> mamba(boolean bias, boolean convBias) {
    List<String> names = new ArrayList<>(List.of("A_log", "D", "conv1d.weight", "x_proj.weight"));
    names.addAll(List.of("dt_proj.weight", "dt_proj.bias"));
    return withProjections(names, bias, convBias);
  }

  /** Names in a mixer of Mamba-2. */
  static List<String> mamba2(boolean bias, boolean convBias) {
    List<String> names = new ArrayList<>(List.of("A_log", "D", "conv1d.weight", "dt_bias"));
    names.add("norm.weight");
    return withProjections(names, bias, convBias);
  }

  private static List<String> withProjections(List<String> names, boolean bias, boolean convBias) {
    for (String projection : PROJECTIONS) {
      names.add(projection + ".weight");
      if (bias) {
        names.add(projection + ".bias");
      }
    }
    if (convBias) {
      names.add("conv1d.bias");
    }
    return names;
  }

  TensorRules rules() {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new Rename(embedding, "stem.weight"));
    for (long i = 0; i < layers; i++) {
      String there = "backbone.layers." + i + ".";
      String here = "layers." + i + ".";
      rules.add(new Rename(there + "norm.weight", here + "mixer_norm.weight"));
      for (String name : mixer) {
        rules.add(new Rename(there + "mixer." + name, here + "mixer." + name));
      }
    }
    rules.add(new Rename("backbone.norm_f.weight", "head.norm.weight"));
    if (!tied) {
      rules.add(new Rename("lm_head.weight", "head.weight"));
    }
    return new TensorRules(rules);
  }
}
