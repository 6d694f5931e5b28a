package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Permute;
import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import io.colubrid.runtime.checkpoint.TensorRule.Reshape;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules between VMamba's stages of blocks and our row of blocks, with a downsampling between
 * two stages.
 *
 * @param widths of each stage
 * @param depths blocks of each stage
 * @param channels of an image
 * @param rank of step sizes; 0 for the default
 */
record VMambaRules(
    List<Long> widths, List<Long> depths, long channels, long expand, long states, long rank) {
  private static final int KERNEL = 3;
  private static final int WAYS = 4;
  private static final List<Integer> CHANNELS_LAST = List.of(0, 2, 3, 1);

  TensorRules rules(boolean convBias) {
    List<TensorRule> rules = new ArrayList<>();
    if (widths.isEmpty() || widths.size() != depths.size()) {
      return new TensorRules(rules);
    }
    long width = widths.getFirst();
    convolution("patch_embed.0", "stem.conv1", width / 2, channels, rules);
    both("patch_embed.2", "stem.norm1", rules);
    convolution("patch_embed.5", "stem.conv2", width, width / 2, rules);
    both("patch_embed.7", "stem.norm2", rules);
    long index = 0;
    for (int stage = 0; stage < depths.size(); stage++) {
      String there = "layers." + stage + ".";
      for (long block = 0; block < depths.get(stage); block++) {
        String here = "layers." + index++ + ".";
        block(there + "blocks." + block + ".", here, widths.get(stage), convBias, rules);
      }
      if (stage + 1 < depths.size()) {
        String here = "layers." + index++ + ".bare.";
        long out = widths.get(stage + 1);
        convolution(there + "downsample.1", here + "conv", out, widths.get(stage), rules);
        both(there + "downsample.3", here + "norm", rules);
      }
    }
    both("classifier.norm", "head.norm", rules);
    both("classifier.head", "head.proj", rules);
    return new TensorRules(rules);
  }

  private void block(
      String there, String here, long width, boolean convBias, List<TensorRule> rules) {
    long inner = expand * width;
    long ranks = VMambaFormat.rank(rank, width);
    String op = there + "op.";
    String mixer = here + "mixer.";
    both(there + "norm", here + "mixer_norm", rules);
    for (String name : List.of("in_proj.weight", "conv2d.weight", "A_logs", "Ds")) {
      rules.add(new Rename(op + name, mixer + name));
    }
    if (convBias) {
      rules.add(new Rename(op + "conv2d.bias", mixer + "conv2d.bias"));
    }
    stacked(op, mixer, "x_proj_weight", Shape.of(WAYS, ranks + 2 * states, inner), rules);
    stacked(op, mixer, "dt_projs_weight", Shape.of(WAYS, inner, ranks), rules);
    stacked(op, mixer, "dt_projs_bias", Shape.of(WAYS, inner), rules);
    both(op + "out_norm", mixer + "out_norm", rules);
    rules.add(new Rename(op + "out_proj.weight", mixer + "out_proj.weight"));
    both(there + "norm2", here + "channel_norm", rules);
    both(there + "mlp.fc1", here + "channel.fc1", rules);
    both(there + "mlp.fc2", here + "channel.fc2", rules);
  }

  private static void stacked(
      String there, String here, String name, Shape shape, List<TensorRule> rules) {
    rules.add(new Reshape(there + name, shape, here + name));
  }

  private static void convolution(
      String there, String here, long out, long in, List<TensorRule> rules) {
    Shape kernel = Shape.of(out, in, KERNEL, KERNEL);
    rules.add(new Permute(there + ".weight", kernel, CHANNELS_LAST, here + ".weight"));
    rules.add(new Rename(there + ".bias", here + ".bias"));
  }

  private static void both(String there, String here, List<TensorRule> rules) {
    rules.add(new Rename(there + ".weight", here + ".weight"));
    rules.add(new Rename(there + ".bias", here + ".bias"));
  }
}
