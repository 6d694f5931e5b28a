package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Permute;
import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import io.colubrid.spi.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Vim as its authors store it. Its config.json holds the arguments of their {@code VisionMamba},
 * and names no type.
 */
final class VimFormat implements CheckpointFormat {
  private static final String TYPE = "vim";
  private static final long COLOURS = 3;
  private static final List<String> WEIGHTS =
      List.of(
          "in_proj.weight",
          "conv1d.weight",
          "conv1d.bias",
          "x_proj.weight",
          "dt_proj.weight",
          "dt_proj.bias",
          "A_log",
          "D",
          "conv1d_b.weight",
          "conv1d_b.bias",
          "x_proj_b.weight",
          "dt_proj_b.weight",
          "dt_proj_b.bias",
          "A_b_log",
          "D_b",
          "out_proj.weight");

  @Override
  public Set<String> modelTypes() {
    return Set.of(TYPE);
  }

  @Override
  public @Nullable String recognise(ForeignConfig config) {
    return config.mentions("bimamba_type") ? TYPE : null;
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    long width = config.size("embed_dim");
    long layers = config.layers("depth");
    long patch = config.size("patch_size");
    long channels = config.sizeIfAny("channels").orElse(COLOURS);
    long image = config.size("img_size");
    boolean rms = config.flag("rms_norm", false);
    boolean positions = config.flag("if_abs_pos_embed", false);
    boolean token = config.flag("if_cls_token", false);
    String place = tokenPlace(config, token);
    String norm = rms ? "rms" : "layer";
    double epsilon = config.number("norm_epsilon", 1e-5);
    String hocon =
        """
        # Read from a config.json of Vim.
        model {
          d-model = %d
          blocks.layer.mixer { type = vim, d-state = %d, divide-out = %s }
          layers = [ { repeat = %d, of = [ layer ] } ]
          norm { type = %s, epsilon = %s }
          stem {
            type = patch-embedding
            image { height = %d, width = %d, channels = %d }
            patch = %d
            stride = %d
            class-token = %s
            positions = %s
          }
          head { type = classifier-head, classes = %d, pool = %s, norm = %s, epsilon = %s }
        }
        """
            .formatted(
                width,
                config.size("d_state"),
                config.flag("if_divide_out", false),
                layers,
                norm,
                epsilon,
                image,
                image,
                channels,
                patch,
                config.sizeIfAny("stride").orElse(patch),
                place,
                positions,
                config.size("num_classes"),
                pool(config, place),
                norm,
                epsilon);
    Shape kernel = Shape.of(width, channels, patch, patch);
    return new ForeignModel(
        config.file(), TYPE, hocon, rules(layers, kernel, token, positions, rms));
  }

  private static void requireSupported(ForeignConfig config) {
    config.only("bimamba_type", "v2", "the mixer has a backward direction of its own");
    config.only("if_rope", false, "positions are embeddings");
    config.only("if_rope_residual", false, "positions are embeddings");
    config.only("if_bimamba", false, "the mixer is bidirectional by itself");
    config.only("if_bidirectional", false, "the mixer is bidirectional by itself");
    config.only("use_double_cls_token", false, "there is one class token");
    config.only("ssm_cfg", "{}", "the mixer's other keys are Vim's");
    // How weights began, how they are trained, and how they are computed elsewhere.
    config.ignore(
        "drop_path_rate",
        "drop_rate",
        "flip_img_sequences_ratio",
        "fused_add_norm",
        "init_layer_scale",
        "pretrained",
        "residual_in_fp32");
  }

  private static String tokenPlace(ForeignConfig config, boolean token) {
    boolean middle = config.flag("use_middle_cls_token", false);
    if (!token) {
      return "none";
    }
    return middle ? "middle" : "first";
  }

  private static String pool(ForeignConfig config, String place) {
    String pool = config.text("final_pool_type", "none");
    if (!place.equals("none")) {
      return place;
    }
    if (!pool.equals("none") && !pool.equals("mean")) {
      config.problem("final_pool_type", "is \"" + pool + "\", only mean and none are supported");
    }
    return pool.equals("mean") ? "mean" : "last";
  }

  private static TensorRules rules(
      long layers, Shape kernel, boolean token, boolean positions, boolean rms) {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(
        new Permute("patch_embed.proj.weight", kernel, List.of(0, 2, 3, 1), "stem.proj.weight"));
    rules.add(new Rename("patch_embed.proj.bias", "stem.proj.bias"));
    if (token) {
      rules.add(new Rename("cls_token", "stem.cls_token"));
    }
    if (positions) {
      rules.add(new Rename("pos_embed", "stem.pos_embed"));
    }
    for (long i = 0; i < layers; i++) {
      String layer = "layers." + i + ".";
      norm(layer + "norm", layer + "mixer_norm", rms, rules);
      for (String name : WEIGHTS) {
        rules.add(new Rename(layer + "mixer." + name, layer + "mixer." + name));
      }
    }
    norm("norm_f", "head.norm", rms, rules);
    rules.add(new Rename("head.weight", "head.proj.weight"));
    rules.add(new Rename("head.bias", "head.proj.bias"));
    return new TensorRules(rules);
  }

  private static void norm(String there, String here, boolean rms, List<TensorRule> rules) {
    rules.add(new Rename(there + ".weight", here + ".weight"));
    if (!rms) {
      rules.add(new Rename(there + ".bias", here + ".bias"));
    }
  }
}
