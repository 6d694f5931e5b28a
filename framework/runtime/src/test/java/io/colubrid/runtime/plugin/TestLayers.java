package io.colubrid.runtime.plugin;

import com.google.inject.Key;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import io.colubrid.spi.config.Positive;
import io.colubrid.spi.config.Range;
import io.colubrid.spi.layer.LayerSpec;
import io.colubrid.spi.plugin.LayerDefinition;
import io.colubrid.spi.plugin.LayerDefinition.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A registry with layers that have every kind of key, and that no plugin needs to bring. */
public final class TestLayers {
  private static final String DEFAULTS =
      """
      layers {
        # Selective state space (Gu and Dao, 2023).
        mamba {
          # Size of the state of one channel.
          d-state = 16
          # Width inside,
          # as a multiple of d-model.
          expand = 2
          # Rank of the step size projection; left out, a 16th of d-model.
          dt-rank = null
          conv-bias = true
          scale = 1.0
        }
        attention { heads = null, kv-heads = null, window = 0, rotary { base = 10000, kind = neox-style } }
        moe { experts = 4, top-k = 1, expert = { type = swiglu, hidden = 64 } }
        swiglu { hidden = null }
        both-ways { mixer = null, label = null }
        lists { sizes = [1, 2], names = null, rates {} }
      }
      stems { embedding { vocabulary = 256 } }
      heads { lm-head { tied = true, vocabulary = 256 }, classifier-head { classes = 10 } }
      optimizers { adamw { beta1 = 0.9, beta2 = 0.95 } }
      """;

  public record MambaConfig(
      @Positive int dState,
      @Range(min = 1, max = 8) int expand,
      @Positive OptionalInt dtRank,
      boolean convBias,
      double scale) {}

  public record AttentionConfig(
      @Positive int heads, @Nullable @Positive Integer kvHeads, long window, Rotary rotary) {
    public AttentionConfig {
      if (kvHeads != null && heads % kvHeads != 0) {
        throw new IllegalArgumentException(
            "kv-heads must divide heads, found " + heads + " heads and " + kvHeads + " kv-heads");
      }
    }
  }

  public record Rotary(double base, Style kind) {}

  /** Pairing of the rotated halves. */
  public enum Style {
    NEOX_STYLE,
    INTERLEAVED
  }

  public record MoeConfig(@Positive int experts, @Positive int topK, LayerSpec expert) {}

  public record SwigluConfig(@Positive int hidden) {}

  public record BothWaysConfig(LayerSpec mixer, Optional<String> label) {}

  public record ListsConfig(
      @Positive List<Integer> sizes, Optional<List<String>> names, Map<String, Double> rates) {}

  public record EmbeddingConfig(@Positive int vocabulary) {}

  public record LmHeadConfig(boolean tied, @Positive int vocabulary) {}

  public record ClassifierHeadConfig(@Positive int classes) {}

  public record AdamWConfig(
      @Range(min = 0, max = 1) double beta1, @Range(min = 0, max = 1) double beta2) {}

  private TestLayers() {}

  public static LayerRegistry registry() {
    return new LayerRegistry(
        List.of(
            layer(Kind.LAYER, "mamba", MambaConfig.class),
            layer(Kind.LAYER, "attention", AttentionConfig.class),
            layer(Kind.LAYER, "moe", MoeConfig.class),
            layer(Kind.LAYER, "swiglu", SwigluConfig.class),
            layer(Kind.LAYER, "both-ways", BothWaysConfig.class),
            layer(Kind.LAYER, "lists", ListsConfig.class),
            layer(Kind.STEM, "embedding", EmbeddingConfig.class),
            layer(Kind.HEAD, "lm-head", LmHeadConfig.class),
            layer(Kind.HEAD, "classifier-head", ClassifierHeadConfig.class),
            layer(Kind.OPTIMIZER, "adamw", AdamWConfig.class)));
  }

  private static RegisteredLayer layer(Kind kind, String name, Class<? extends Record> config) {
    ConfigObject defaults =
        ConfigFactory.parseString(
                DEFAULTS, ConfigParseOptions.defaults().setOriginDescription("reference.conf"))
            .getObject(kind.section() + "." + name);
    return new RegisteredLayer(
        new LayerDefinition(kind, name, config, Key.get(Object.class)),
        new PluginOrigin(Path.of("test-layers.jar"), true, null),
        "TestPlugin",
        defaults,
        new Object());
  }
}
