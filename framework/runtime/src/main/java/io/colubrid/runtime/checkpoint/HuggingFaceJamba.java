package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Jamba as Hugging Face transformers stores it: {@code JambaForCausalLM}. Layer i has attention
 * where i leaves a given rest by a period, else Mamba with learned norms on step sizes, B and C;
 * and experts where it leaves another rest by another period, else a plain SwiGLU. There are no
 * positions, and the router's weights are probabilities as they are.
 */
final class HuggingFaceJamba implements CheckpointFormat {
  private static final String MAMBA = "mamba";
  private static final String ATTENTION = "attention";
  private static final String EXPERTS = "-experts";
  private static final long STREAM_PER_RANK = 16;
  private static final List<String> ATTENTION_TENSORS =
      List.of("q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight");

  /**
   * Which layers are of a kind.
   *
   * @param period from one to the next
   * @param offset the first
   */
  private record Every(long period, long offset) {
    boolean has(long layer) {
      return period > 0 && layer % period == offset;
    }

    static Every read(ForeignConfig config, String kind) {
      String period = kind + "_layer_period";
      String offset = kind + "_layer_offset";
      Every every = new Every(config.size(period), config.count(offset));
      if (every.offset >= every.period && every.period > 0) {
        config.problem(
            offset, "is %d, not below %s, %d".formatted(every.offset, period, every.period));
      }
      return every;
    }
  }

  /** What the tensors of a model depend on. */
  private record Layout(
      long layers,
      Every attention,
      Every mixture,
      int experts,
      boolean tied,
      boolean convBias,
      boolean bias) {
    /** With a single expert, transformers makes a plain channel. */
    boolean mixes(long layer) {
      return experts > 1 && mixture.has(layer);
    }

    String block(long layer) {
      return (attention.has(layer) ? ATTENTION : MAMBA) + (mixes(layer) ? EXPERTS : "");
    }

    List<String> mambaTensors() {
      List<String> names = new ArrayList<>();
      names.addAll(List.of("A_log", "D", "in_proj.weight", "conv1d.weight", "x_proj.weight"));
      names.addAll(List.of("dt_layernorm.weight", "b_layernorm.weight", "c_layernorm.weight"));
      names.addAll(List.of("dt_proj.weight", "dt_proj.bias", "out_proj.weight"));
      if (convBias) {
        names.add("conv1d.bias");
      }
      if (bias) {
        names.addAll(List.of("in_proj.bias", "out_proj.bias"));
      }
      return names;
    }
  }

  @Override
  public Set<String> modelTypes() {
    return Set.of("jamba");
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    requireSupported(config);
    Layout layout =
        new Layout(
            config.layers("num_hidden_layers"),
            Every.read(config, "attn"),
            Every.read(config, "expert"),
            StackedExperts.count(config, "num_experts"),
            config.flag("tie_word_embeddings", false),
            config.flag("mamba_conv_bias", true),
            config.flag("mamba_proj_bias", false));
    return new ForeignModel(config.file(), "jamba", hocon(config, layout), rules(layout));
  }

  private static void requireSupported(ForeignConfig config) {
    config.ignore(
        "calc_logits_for_entire_prompt",
        "max_position_embeddings",
        "n_ctx",
        "num_logits_to_keep",
        "output_router_logits",
        "use_associative_scan",
        "use_mamba_kernels",
        "use_mambapy");
    config.only("hidden_act", "silu", "convolutions, gates and channels have SiLU");
    config.only("attention_dropout", 0.0, "attention drops no weights here; set it to 0");
    config.only("mamba_inner_layernorms", true, "step sizes, B and C are normed");
  }

  private static String hocon(ForeignConfig config, Layout layout) {
    List<String> order = LongStream.range(0, layout.layers()).mapToObj(layout::block).toList();
    Map<String, String> mixers = Map.of(MAMBA, mamba(config, layout), ATTENTION, attention(config));
    Map<String, String> channels = Map.of("", swiglu(config), EXPERTS, moe(config, layout));
    StringBuilder blocks = new StringBuilder();
    for (String name : new TreeSet<>(order)) {
      String mixer = name.startsWith(MAMBA) ? MAMBA : ATTENTION;
      String channel = name.substring(mixer.length());
      blocks.append("    %s {%n".formatted(name));
      blocks.append("      mixer { %s }%n".formatted(mixers.get(mixer)));
      blocks.append("      channel { %s }%n    }%n".formatted(channels.get(channel)));
    }
    double epsilon = epsilon(config);
    return """
        # Read from a config.json of type jamba.
        model {
          d-model = %d
          blocks {
        %s  }
          layers = [ %s ]
          norm.epsilon = %s
          stem { type = embedding, vocabulary = %d }
          head { type = lm-head, vocabulary = %d, tie = %s, epsilon = %s }
        }
        """
        .formatted(
            config.size("hidden_size"),
            blocks,
            String.join(", ", order),
            epsilon,
            config.size("vocab_size"),
            config.size("vocab_size"),
            layout.tied(),
            epsilon);
  }

  private static double epsilon(ForeignConfig config) {
    return config.number("rms_norm_eps", 1e-6);
  }

  private static String mamba(ForeignConfig config, Layout layout) {
    boolean auto = config.is("mamba_dt_rank", "auto") || !config.has("mamba_dt_rank");
    return """
        type = mamba, expand = %d, d-state = %d, d-conv = %d, dt-rank = %d, conv-bias = %s, \
        bias = %s, inner-norms = learned, inner-norm-epsilon = %s"""
        .formatted(
            config.size("mamba_expand"),
            config.size("mamba_d_state"),
            config.size("mamba_d_conv"),
            auto
                ? Math.ceilDiv(config.size("hidden_size"), STREAM_PER_RANK)
                : config.size("mamba_dt_rank"),
            layout.convBias(),
            layout.bias(),
            epsilon(config));
  }

  private static String attention(ForeignConfig config) {
    OptionalLong window = config.sizeIfAny("sliding_window");
    return "type = attention, heads = %d, kv-heads = %d, positions = none%s"
        .formatted(
            config.size("num_attention_heads"),
            config.size("num_key_value_heads"),
            window.isPresent() ? ", window = " + window.getAsLong() : "");
  }

  private static String moe(ForeignConfig config, Layout layout) {
    return "type = moe, experts = %d, top-k = %d, balance-loss = %s, expert { %s }"
        .formatted(
            layout.experts(),
            config.size("num_experts_per_tok"),
            config.number("router_aux_loss_coef", 1e-3),
            swiglu(config));
  }

  private static String swiglu(ForeignConfig config) {
    return "type = swiglu, width = " + config.size("intermediate_size");
  }

  private static TensorRules rules(Layout layout) {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new Rename("model.embed_tokens.weight", "stem.weight"));
    for (long i = 0; i < layout.layers(); i++) {
      String there = "model.layers." + i + ".";
      String here = "layers." + i + ".";
      rules.add(new Rename(there + "input_layernorm.weight", here + "mixer_norm.weight"));
      rules.add(new Rename(there + "pre_ff_layernorm.weight", here + "channel_norm.weight"));
      String mixer = layout.attention().has(i) ? "self_attn." : "mamba.";
      for (String name : layout.attention().has(i) ? ATTENTION_TENSORS : layout.mambaTensors()) {
        rules.add(new Rename(there + mixer + name, here + "mixer." + name));
      }
      channel(there + "feed_forward.", here + "channel.", layout.mixes(i), layout, rules);
    }
    rules.add(new Rename("model.final_layernorm.weight", "head.norm.weight"));
    if (!layout.tied()) {
      rules.add(new Rename("lm_head.weight", "head.weight"));
    }
    return new TensorRules(rules);
  }

  private static void channel(
      String there, String here, boolean mixes, Layout layout, List<TensorRule> rules) {
    if (mixes) {
      rules.add(new Rename(there + "router.weight", here + "router.weight"));
    }
    for (String name : List.of("gate_proj", "up_proj", "down_proj")) {
      rules.add(
          mixes
              ? new StackedExperts(there, here, layout.experts()).rule(name, name)
              : new Rename(there + name + ".weight", here + name + ".weight"));
    }
  }
}
