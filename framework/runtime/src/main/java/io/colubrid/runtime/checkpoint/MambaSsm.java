package io.colubrid.runtime.checkpoint;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Mamba and Mamba-2 as their authors' package mamba_ssm stores them: {@code MambaLMHeadModel}. Its
 * config.json names no model type; {@code ssm_cfg} says what differs from the layer's defaults.
 */
final class MambaSsm implements CheckpointFormat {
  private static final String MAMBA = "mamba_ssm";
  private static final String MAMBA2 = "mamba2_ssm";
  private static final String SSM = "ssm_cfg";
  private static final long PADDING = 8;
  private static final long STREAM_PER_RANK = 16;
  private static final double EPSILON = 1e-5;

  @Override
  public Set<String> modelTypes() {
    return Set.of(MAMBA, MAMBA2);
  }

  @Override
  public @Nullable String recognise(ForeignConfig config) {
    if (!config.mentions(SSM) || !config.mentions("n_layer")) {
      return null;
    }
    return config.section(SSM).is("layer", "Mamba2") ? MAMBA2 : MAMBA;
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    ForeignConfig mixer = config.section(SSM);
    mixer.only("layer", mixer.is("layer", "Mamba2") ? "Mamba2" : "Mamba1", "others are unknown");
    boolean second = mixer.is("layer", "Mamba2");
    long width = config.size("d_model");
    long layers = config.layers("n_layer");
    boolean tied = config.flag("tie_embeddings", true);
    boolean bias = mixer.flag("bias", false);
    boolean convBias = mixer.flag("conv_bias", true);
    String keys = second ? mamba2(mixer) : mamba(mixer, width);
    keys += shared(mixer, bias, convBias);
    mixer.noteUnknown();
    String type = second ? MAMBA2 : MAMBA;
    String hocon =
        new MambaHocon(type, width, keys, layers, vocabulary(config), tied, EPSILON).text();
    List<String> names =
        second ? MambaNames.mamba2(bias, convBias) : MambaNames.mamba(bias, convBias);
    TensorRules rules = new MambaNames("backbone.embedding.weight", layers, names, tied).rules();
    return new ForeignModel(config.file(), type, hocon, rules);
  }

  private static void requireSupported(ForeignConfig config) {
    config.only("rms_norm", true, "blocks begin with a root-mean-square norm");
    config.only("attn_layer_idx", "[]", "layers of attention are not read");
    config.only("d_intermediate", 0.0, "channels behind the mixers are not read");
    // What attention layers would have, and how the residual stream is computed elsewhere.
    config.ignore("attn_cfg", "residual_in_fp32", "fused_add_norm");
  }

  /** Rows of the embedding, which are rounded up. */
  private static long vocabulary(ForeignConfig config) {
    long multiple = config.sizeIfAny("pad_vocab_size_multiple").orElse(PADDING);
    return Math.ceilDiv(config.size("vocab_size"), multiple) * multiple;
  }

  private static String mamba(ForeignConfig mixer, long width) {
    mixer.ignore("dt_init", "dt_scale", "use_fast_path");
    boolean automatic = mixer.is("dt_rank", "auto") || !mixer.has("dt_rank");
    return """
        type = mamba
        d-state = %d
        dt-rank = %d
        """
        .formatted(
            mixer.sizeIfAny("d_state").orElse(16),
            automatic ? Math.ceilDiv(width, STREAM_PER_RANK) : mixer.size("dt_rank"));
  }

  private static String mamba2(ForeignConfig mixer) {
    mixer.only("rmsnorm", true, "a gated norm stands before the last projection");
    mixer.only("norm_before_gate", false, "the gate comes before the norm");
    mixer.only("D_has_hdim", false, "D is one number a head");
    mixer.ignore("A_init_range", "conv_init", "use_mem_eff_path");
    if (mixer.has("d_ssm")) {
      mixer.problem("d_ssm", "channels that bypass the recurrence are not read; remove the key");
    }
    return """
        type = mamba2
        d-state = %d
        head-dim = %d
        groups = %d
        chunk = %d
        %s
        norm = group
        norm-epsilon = %s
        """
        .formatted(
            mixer.sizeIfAny("d_state").orElse(128),
            mixer.sizeIfAny("headdim").orElse(64),
            mixer.sizeIfAny("ngroups").orElse(1),
            mixer.sizeIfAny("chunk_size").orElse(256),
            mixer.bounds("dt_limit").hocon(),
            EPSILON);
  }

  private static String shared(ForeignConfig mixer, boolean bias, boolean convBias) {
    return """
        expand = %d
        d-conv = %d
        dt-min = %s
        dt-max = %s
        dt-init-floor = %s
        conv-bias = %s
        bias = %s
        """
        .formatted(
            mixer.sizeIfAny("expand").orElse(2),
            mixer.sizeIfAny("d_conv").orElse(4),
            mixer.number("dt_min", 1e-3),
            mixer.number("dt_max", 0.1),
            mixer.number("dt_init_floor", 1e-4),
            convBias,
            bias);
  }
}
