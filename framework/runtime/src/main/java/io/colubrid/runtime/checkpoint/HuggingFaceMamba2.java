package io.colubrid.runtime.checkpoint;

import java.util.Set;

/**
 * Mamba-2 as Hugging Face transformers stores it: {@code Mamba2ForCausalLM}. Its gated norm runs
 * over all channels, whatever the number of groups.
 */
final class HuggingFaceMamba2 implements CheckpointFormat {
  private static final String TYPE = "mamba2";
  private static final long CHUNK = 256;

  @Override
  public Set<String> modelTypes() {
    return Set.of(TYPE);
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    long width = config.size("hidden_size");
    long layers = config.layers("num_hidden_layers");
    boolean tied = config.flag("tie_word_embeddings", true);
    boolean bias = config.flag("use_bias", false);
    boolean convBias = config.flag("use_conv_bias", true);
    double epsilon = config.number("layer_norm_epsilon", 1e-5);
    String mixer =
        """
        type = mamba2
        expand = %d
        head-dim = %d
        d-state = %d
        groups = %d
        d-conv = %d
        chunk = %d
        dt-min = %s
        dt-max = %s
        dt-init-floor = %s
        %s
        norm = all
        norm-epsilon = %s
        conv-bias = %s
        bias = %s
        """
            .formatted(
                config.sizeIfAny("expand").orElse(2),
                headDim(config, width),
                config.size("state_size"),
                config.size("n_groups"),
                config.size("conv_kernel"),
                config.sizeIfAny("chunk_size").orElse(CHUNK),
                config.number("time_step_min", 1e-3),
                config.number("time_step_max", 0.1),
                config.number("time_step_floor", 1e-4),
                config.bounds("time_step_limit").hocon(),
                epsilon,
                convBias,
                bias);
    String hocon =
        new MambaHocon(TYPE, width, mixer, layers, config.size("vocab_size"), tied, epsilon).text();
    TensorRules rules =
        new MambaNames(
                "backbone.embeddings.weight", layers, MambaNames.mamba2(bias, convBias), tied)
            .rules();
    return new ForeignModel(config.file(), TYPE, hocon, rules);
  }

  private static void requireSupported(ForeignConfig config) {
    config.only("hidden_act", "silu", "the mixer's gate and convolution are followed by SiLU");
    config.only("rms_norm", true, "blocks begin with a root-mean-square norm");
    // How weights began, how they are computed elsewhere, and what their code does not read.
    config.ignore(
        "norm_before_gate",
        "rescale_prenorm_residual",
        "residual_in_fp32",
        "time_step_init_scheme",
        "time_step_rank",
        "time_step_scale");
  }

  private static long headDim(ForeignConfig config, long width) {
    long headDim = config.size("head_dim");
    long inner = config.sizeIfAny("expand").orElse(2) * width;
    long heads = config.size("num_heads");
    if (heads > 0 && headDim > 0 && inner > 0 && heads * headDim != inner) {
      config.problem(
          "num_heads",
          "is %d of %d channels, but expand times hidden_size is %d"
              .formatted(heads, headDim, inner));
    }
    return headDim;
  }
}
