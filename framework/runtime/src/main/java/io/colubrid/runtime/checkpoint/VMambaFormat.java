package io.colubrid.runtime.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * VMamba as its authors store it, in its version {@code v05_noz}, channels first. Its config.json
 * holds the arguments of their {@code VSSM}, and names no type.
 */
final class VMambaFormat implements CheckpointFormat {
  private static final String TYPE = "vmamba";
  private static final long COLOURS = 3;
  private static final long WIDTH_PER_RANK = 16;

  @Override
  public Set<String> modelTypes() {
    return Set.of(TYPE);
  }

  @Override
  public @Nullable String recognise(ForeignConfig config) {
    return config.mentions("forward_type") && config.mentions("ssm_ratio") ? TYPE : null;
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    List<Long> depths = depths(config);
    List<Long> widths = widths(config, depths.size());
    long image = config.has("img_size") ? config.size("img_size") : config.size("imgsize");
    config.ignore("imgsize");
    long channels = config.sizeIfAny("in_chans").orElse(COLOURS);
    boolean convBias = config.flag("ssm_conv_bias", true);
    long expand = expand(config);
    long states = config.sizeIfAny("ssm_d_state").orElse(16);
    String rank = rank(config);
    String hocon =
        """
        # Read from a config.json of VMamba.
        model {
          d-model = %d
          blocks.layer {
            mixer { type = ss2d, expand = %d, d-state = %d, conv-bias = %s%s }
            channel { type = mlp, expand = %s, activation = gelu, bias = true }
          }
          layers = [ %s ]
          norm { type = layer, epsilon = 1e-5 }
          stem { type = conv-stem, image { height = %d, width = %d, channels = %d } }
          head { type = classifier-head, classes = %d, pool = mean, norm = layer }
        }
        """
            .formatted(
                widths.isEmpty() ? 0 : widths.getFirst(),
                expand,
                states,
                convBias,
                rank.isEmpty() ? "" : ", dt-rank = " + rank,
                config.number("mlp_ratio", 4),
                layers(depths, widths),
                image,
                image,
                channels,
                config.size("num_classes"));
    VMambaRules rules =
        new VMambaRules(
            widths, depths, channels, expand, states, rank.isEmpty() ? 0 : Long.parseLong(rank));
    return new ForeignModel(config.file(), TYPE, hocon, rules.rules(convBias));
  }

  private static void requireSupported(ForeignConfig config) {
    config.only("forward_type", "v05_noz", "the mixer has no gate");
    config.only("patch_size", 4.0, "the stem halves the image twice");
    config.only("ssm_act_layer", "silu", "SiLU follows the convolution");
    config.only("ssm_conv", 3.0, "the convolution is 3 by 3");
    config.only("mlp_act_layer", "gelu", "the channel layer is an MLP with GELU");
    config.only("gmlp", false, "the channel layer is an MLP");
    config.only("patch_norm", true, "the stem has norms");
    config.only("norm_layer", "ln2d", "products are stored as matrices only then");
    config.only("downsample_version", "v3", "stages are joined by a convolution and a norm");
    config.only("patchembed_version", "v2", "the stem has two convolutions");
    config.only("posembed", false, "there are no positions");
    // How weights began, and how they are trained.
    config.ignore("drop_path_rate", "mlp_drop_rate", "ssm_drop_rate", "ssm_init", "use_checkpoint");
  }

  private static List<Long> depths(ForeignConfig config) {
    return config.sizes("depths");
  }

  /** Width of each stage: a list, or that of the first, which doubles from stage to stage. */
  private static List<Long> widths(ForeignConfig config, int stages) {
    if (!config.isList("dims")) {
      long first = config.size("dims");
      List<Long> widths = new ArrayList<>();
      for (int i = 0; i < stages; i++) {
        widths.add(first << i);
      }
      return widths;
    }
    List<Long> widths = config.sizes("dims");
    if (widths.size() != stages) {
      config.problem("dims", "expected a width for each of %d stages".formatted(stages));
    }
    return widths;
  }

  private static long expand(ForeignConfig config) {
    double ratio = config.number("ssm_ratio", 2);
    if (ratio != Math.rint(ratio)) {
      config.problem("ssm_ratio", "is " + ratio + ", only whole numbers are supported");
    }
    return Math.round(ratio);
  }

  /** Empty for the default. */
  private static String rank(ForeignConfig config) {
    return config.is("ssm_dt_rank", "auto") || !config.has("ssm_dt_rank")
        ? ""
        : Long.toString(config.size("ssm_dt_rank"));
  }

  private static String layers(List<Long> depths, List<Long> widths) {
    StringBuilder layers = new StringBuilder();
    for (int stage = 0; stage < Math.min(depths.size(), widths.size()); stage++) {
      if (stage > 0) {
        layers.append(
            ", { bare { type = downsample, width = %d } }, ".formatted(widths.get(stage)));
      }
      layers.append("{ repeat = %d, of = [ layer ] }".formatted(depths.get(stage)));
    }
    return layers.toString();
  }

  static long rank(long given, long width) {
    return given > 0 ? given : Math.ceilDiv(width, WIDTH_PER_RANK);
  }
}
