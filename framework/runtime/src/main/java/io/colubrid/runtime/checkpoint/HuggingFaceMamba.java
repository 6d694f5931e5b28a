package io.colubrid.runtime.checkpoint;

import java.util.Set;

/**
 * Mamba and Falcon Mamba as Hugging Face transformers stores them: {@code MambaForCausalLM} and
 * {@code FalconMambaForCausalLM}. Falcon's mixer norms step sizes, B and C without weights.
 */
final class HuggingFaceMamba implements CheckpointFormat {
  private static final String FALCON = "falcon_mamba";
  private static final long STREAM_PER_RANK = 16;

  @Override
  public Set<String> modelTypes() {
    return Set.of("mamba", FALCON);
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    String type = config.text("model_type");
    boolean falcon = type.equals(FALCON);
    long width = config.size("hidden_size");
    long layers = config.layers("num_hidden_layers");
    long vocabulary = config.size("vocab_size");
    boolean tied = config.flag("tie_word_embeddings", true);
    boolean bias = config.flag("use_bias", false);
    boolean convBias = config.flag("use_conv_bias", true);
    double epsilon = config.number("layer_norm_epsilon", 1e-5);
    double mixerEpsilon = falcon ? config.number("mixer_rms_eps", 1e-6) : 1e-6;
    String mixer =
        """
        type = mamba
        expand = %d
        d-state = %d
        d-conv = %d
        dt-rank = %d
        dt-min = %s
        dt-max = %s
        dt-init-floor = %s
        conv-bias = %s
        bias = %s
        inner-norms = %s
        inner-norm-epsilon = %s
        """
            .formatted(
                expand(config, width),
                config.size("state_size"),
                config.size("conv_kernel"),
                rank(config, width),
                config.number("time_step_min", 1e-3),
                config.number("time_step_max", 0.1),
                config.number("time_step_floor", 1e-4),
                convBias,
                bias,
                falcon ? "weightless" : "none",
                mixerEpsilon);
    String hocon = new MambaHocon(type, width, mixer, layers, vocabulary, tied, epsilon).text();
    TensorRules rules =
        new MambaNames("backbone.embeddings.weight", layers, MambaNames.mamba(bias, convBias), tied)
            .rules();
    return new ForeignModel(config.file(), type, hocon, rules);
  }

  private static void requireSupported(ForeignConfig config) {
    config.only("hidden_act", "silu", "the mixer's gate and convolution are followed by SiLU");
    config.only("rms_norm", true, "blocks begin with a root-mean-square norm");
    config.only("ssm_cfg", "{}", "its keys are those of the top level");
    // How weights began, how they are computed elsewhere, and what other keys say again.
    config.ignore(
        "d_inner",
        "d_model",
        "fused_add_norm",
        "n_layer",
        "pad_vocab_size_multiple",
        "rescale_prenorm_residual",
        "residual_in_fp32",
        "time_step_init_scheme",
        "time_step_scale",
        "use_associative_scan",
        "use_falcon_mambapy",
        "use_mambapy");
  }

  private static long expand(ForeignConfig config, long width) {
    long expand = config.has("expand") ? config.size("expand") : 2;
    long expected = expand * width;
    config
        .sizeIfAny("intermediate_size")
        .ifPresent(
            inner -> {
              if (expected > 0 && inner != expected) {
                config.problem(
                    "intermediate_size",
                    "is %d, but expand times hidden_size is %d".formatted(inner, expected));
              }
            });
    return expand;
  }

  private static long rank(ForeignConfig config, long width) {
    return config.is("time_step_rank", "auto") || !config.has("time_step_rank")
        ? Math.ceilDiv(width, STREAM_PER_RANK)
        : config.size("time_step_rank");
  }
}
