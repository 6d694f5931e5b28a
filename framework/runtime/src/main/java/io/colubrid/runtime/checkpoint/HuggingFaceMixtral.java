package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Mixtral as Hugging Face transformers stores it: {@code MixtralForCausalLM}. Its router's weights
 * add up to 1; each expert is three tensors of its own there.
 */
final class HuggingFaceMixtral implements CheckpointFormat {
  /** What a config means that does not say it. */
  private static final long KEY_HEADS = 8;

  private static final double THETA = 1e6;

  @Override
  public Set<String> modelTypes() {
    return Set.of("mixtral");
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    config.ignore("max_position_embeddings", "output_router_logits");
    config.only("hidden_act", "silu", "the experts are SwiGLU");
    config.only("attention_dropout", 0.0, "attention drops no weights here; set it to 0");
    config.only("router_jitter_noise", 0.0, "routers add no noise here; set it to 0");
    long layers = config.layers("num_hidden_layers");
    int experts = StackedExperts.count(config, "num_local_experts");
    boolean tied = config.flag("tie_word_embeddings", false);
    double epsilon = config.number("rms_norm_eps", 1e-5);
    String hocon =
        """
        # Read from a config.json of type mixtral.
        model {
          d-model = %d
          blocks.layer {
            mixer {
              type = attention
        %s    }
            channel {
              type = moe
              experts = %d
              top-k = %d
              renormalise = true
              balance-loss = %s
              expert { type = swiglu, width = %d }
            }
          }
          layers = [ { repeat = %d, of = [ layer ] } ]
          norm.epsilon = %s
          stem { type = embedding, vocabulary = %d }
          head { type = lm-head, vocabulary = %d, tie = %s, epsilon = %s }
        }
        """
            .formatted(
                config.size("hidden_size"),
                attention(config).indent(6),
                experts,
                config.size("num_experts_per_tok"),
                config.number("router_aux_loss_coef", 1e-3),
                config.size("intermediate_size"),
                layers,
                epsilon,
                config.size("vocab_size"),
                config.size("vocab_size"),
                tied,
                epsilon);
    return new ForeignModel(config.file(), "mixtral", hocon, rules(layers, experts, tied));
  }

  private static String attention(ForeignConfig config) {
    List<String> lines = new ArrayList<>();
    lines.add("heads = " + config.size("num_attention_heads"));
    lines.add("kv-heads = " + config.sizeIfAny("num_key_value_heads").orElse(KEY_HEADS));
    config.sizeIfAny("head_dim").ifPresent(size -> lines.add("head-dim = " + size));
    config.sizeIfAny("sliding_window").ifPresent(window -> lines.add("window = " + window));
    lines.add("rotary " + RotaryKeys.read(config, THETA));
    return String.join("\n", lines);
  }

  private static TensorRules rules(long layers, int experts, boolean tied) {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new Rename("model.embed_tokens.weight", "stem.weight"));
    for (long i = 0; i < layers; i++) {
      String there = "model.layers." + i + ".";
      String here = "layers." + i + ".";
      String mixture = there + "block_sparse_moe.";
      rules.add(new Rename(there + "input_layernorm.weight", here + "mixer_norm.weight"));
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        rules.add(
            new Rename(
                there + "self_attn." + name + ".weight", here + "mixer." + name + ".weight"));
      }
      rules.add(
          new Rename(there + "post_attention_layernorm.weight", here + "channel_norm.weight"));
      rules.add(new Rename(mixture + "gate.weight", here + "channel.router.weight"));
      StackedExperts stacked = new StackedExperts(mixture, here + "channel.", experts);
      rules.add(stacked.rule("w1", "gate_proj"));
      rules.add(stacked.rule("w3", "up_proj"));
      rules.add(stacked.rule("w2", "down_proj"));
    }
    rules.add(new Rename("model.norm.weight", "head.norm.weight"));
    if (!tied) {
      rules.add(new Rename("lm_head.weight", "head.weight"));
    }
    return new TensorRules(rules);
  }
}
