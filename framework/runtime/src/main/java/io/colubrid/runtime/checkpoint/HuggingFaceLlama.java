package io.colubrid.runtime.checkpoint;

import io.colubrid.runtime.checkpoint.TensorRule.Rename;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Llama and Mistral as Hugging Face transformers stores them: {@code LlamaForCausalLM} and {@code
 * MistralForCausalLM}. Rotary positions turn the two halves of a head, as ours do, so products are
 * taken over as they are.
 */
final class HuggingFaceLlama implements CheckpointFormat {
  private static final String MISTRAL = "mistral";

  /** What a Mistral config means that does not say it. */
  private static final long MISTRAL_KEY_HEADS = 8;

  private static final long MISTRAL_WINDOW = 4096;

  @Override
  public Set<String> modelTypes() {
    return Set.of("llama", MISTRAL);
  }

  @Override
  public ForeignModel read(ForeignConfig config) {
    config.ignore("max_position_embeddings", "pretraining_tp");
    config.only("hidden_act", "silu", "the channel is SwiGLU");
    config.only("attention_dropout", 0.0, "attention drops no weights here; set it to 0");
    String type = config.text("model_type");
    boolean mistral = type.equals(MISTRAL);
    long layers = config.layers("num_hidden_layers");
    boolean tied = config.flag("tie_word_embeddings", false);
    boolean bias = !mistral && config.flag("attention_bias", false);
    boolean channelBias = !mistral && config.flag("mlp_bias", false);
    String hocon =
        """
        # Read from a config.json of type %s.
        model {
          d-model = %d
          blocks.layer {
            mixer {
              type = attention
        %s    }
            channel { type = swiglu, width = %d, bias = %s }
          }
          layers = [ { repeat = %d, of = [ layer ] } ]
          norm.epsilon = %s
          stem { type = embedding, vocabulary = %d }
          head { type = lm-head, vocabulary = %d, tie = %s, epsilon = %s }
        }
        """
            .formatted(
                type,
                config.size("hidden_size"),
                attention(config, mistral, bias).indent(6),
                config.size("intermediate_size"),
                channelBias,
                layers,
                epsilon(config),
                config.size("vocab_size"),
                config.size("vocab_size"),
                tied,
                epsilon(config));
    TensorRules rules = rules(layers, tied, bias, channelBias);
    return new ForeignModel(config.file(), type, hocon, rules);
  }

  private static double epsilon(ForeignConfig config) {
    return config.number("rms_norm_eps", 1e-6);
  }

  private static String attention(ForeignConfig config, boolean mistral, boolean bias) {
    long heads = config.size("num_attention_heads");
    long keyHeads =
        config.sizeIfAny("num_key_value_heads").orElse(mistral ? MISTRAL_KEY_HEADS : heads);
    List<String> lines = new ArrayList<>();
    lines.add("heads = " + heads);
    lines.add("kv-heads = " + keyHeads);
    config.sizeIfAny("head_dim").ifPresent(size -> lines.add("head-dim = " + size));
    if (mistral) {
      window(config).ifPresent(window -> lines.add("window = " + window));
    }
    lines.add("qkv-bias = " + bias);
    lines.add("bias = " + bias);
    lines.add("rotary " + RotaryKeys.read(config));
    return String.join("\n", lines);
  }

  private static OptionalLong window(ForeignConfig config) {
    return config.mentions("sliding_window")
        ? config.sizeIfAny("sliding_window")
        : OptionalLong.of(MISTRAL_WINDOW);
  }

  private static TensorRules rules(long layers, boolean tied, boolean bias, boolean channelBias) {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new Rename("model.embed_tokens.weight", "stem.weight"));
    for (long i = 0; i < layers; i++) {
      String there = "model.layers." + i + ".";
      String here = "layers." + i + ".";
      rules.add(new Rename(there + "input_layernorm.weight", here + "mixer_norm.weight"));
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        linear(there + "self_attn." + name, here + "mixer." + name, bias, rules);
      }
      rules.add(
          new Rename(there + "post_attention_layernorm.weight", here + "channel_norm.weight"));
      for (String name : List.of("gate_proj", "up_proj", "down_proj")) {
        linear(there + "mlp." + name, here + "channel." + name, channelBias, rules);
      }
    }
    rules.add(new Rename("model.norm.weight", "head.norm.weight"));
    if (!tied) {
      rules.add(new Rename("lm_head.weight", "head.weight"));
    }
    return new TensorRules(rules);
  }

  private static void linear(String there, String here, boolean bias, List<TensorRule> rules) {
    rules.add(new Rename(there + ".weight", here + ".weight"));
    if (bias) {
      rules.add(new Rename(there + ".bias", here + ".bias"));
    }
  }
}
