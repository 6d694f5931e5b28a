package io.colubrid.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.parameter.ModelParameter;
import io.colubrid.runtime.checkpoint.CheckpointFormats;
import io.colubrid.runtime.checkpoint.ForeignModel;
import io.colubrid.runtime.checkpoint.TensorRule;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a foreign config says, each parameter of the model has one place in the checkpoint. */
final class ForeignConfigVariantsTest {
  private static final LayerRegistry REGISTRY = PluginLoader.load(List.of()).registry();

  @TempDir Path folder;

  @ParameterizedTest(name = "{0}: {2}")
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          hf-mamba,           "tie_word_embeddings": true,  "tie_word_embeddings": false,     lm_head.weight
          hf-mamba,           "use_bias": false,            "use_bias": true,                 backbone.layers.2.mixer.out_proj.bias
          hf-mamba,           "time_step_rank": 4,          "time_step_rank": "auto",         backbone.layers.0.mixer.dt_proj.weight
          hf-falcon-mamba,    "use_bias": false,            "use_bias": true,                 backbone.layers.0.mixer.in_proj.bias
          hf-mamba2,          "use_bias": false,            "use_bias": true,                 backbone.layers.2.mixer.out_proj.bias
          hf-mamba2,          "tie_word_embeddings": true,  "tie_word_embeddings": false,     lm_head.weight
          ssm-mamba2,         "tie_embeddings": true,       "tie_embeddings": false,          lm_head.weight
          ssm-mamba2,         "headdim": 32,                "bias": true,                     backbone.layers.1.mixer.in_proj.bias
          ssm-mamba,          "d_state": 8,                 "layer": "Mamba1",                backbone.layers.0.mixer.x_proj.weight
          hf-llama,           "attention_bias": false,      "attention_bias": true,           model.layers.1.self_attn.o_proj.bias
          hf-llama,           "mlp_bias": false,            "mlp_bias": true,                 model.layers.0.mlp.down_proj.bias
          hf-llama,           "num_key_value_heads": 2,     "num_key_value_heads": null,      model.norm.weight
          hf-mistral-sliding, "sliding_window": 8,          "sliding_window": null,           model.norm.weight
          hf-mixtral,         "num_local_experts": 4,       "num_local_experts": 9,           model.layers.1.block_sparse_moe.experts.8.w2.weight
          hf-mixtral,         "sliding_window": null,       "sliding_window": 16,             model.norm.weight
          hf-mixtral,         "rope_theta": 1000000.0,      "rope_theta": null,               model.norm.weight
          hf-jamba,           "num_experts": 4,             "num_experts": 1,                 model.layers.1.feed_forward.up_proj.weight
          hf-jamba,           "attn_layer_period": 8,       "attn_layer_period": 5,           model.layers.4.self_attn.o_proj.weight
          hf-jamba,           "expert_layer_offset": 1,     "expert_layer_offset": 0,         model.layers.6.feed_forward.experts.3.down_proj.weight
          hf-jamba,           "mamba_proj_bias": false,     "mamba_proj_bias": true,          model.layers.0.mamba.out_proj.bias
          hf-jamba,           "mamba_dt_rank": 4,           "mamba_dt_rank": "auto",          model.layers.0.mamba.dt_proj.weight
          vim,                "use_middle_cls_token": true, "use_middle_cls_token": false,    cls_token
          vim,                "if_abs_pos_embed": true,     "if_abs_pos_embed": false,        norm_f.weight
          vim,                "rms_norm": true,             "rms_norm": false,                norm_f.bias
          vmamba,             "ssm_conv_bias": false,       "ssm_conv_bias": true,            layers.1.blocks.0.op.conv2d.bias
          vmamba,             "dims": 16,                   `"dims": [16, 8]`,                layers.0.downsample.1.weight
          """)
  void everyParameterHasOneTensor(String oracle, String from, String to, String tensor)
      throws IOException {
    ForeignModel foreign =
        CheckpointFormats.read(
            OracleFolder.of(oracle)
                .copyTo(folder)
                .editConfig(json -> json.replace(from, to))
                .path());
    Model model = ModelBuilder.build(foreign.graph(REGISTRY));

    assertThat(foreign.rules().rules().stream().flatMap(rule -> rule.ours().stream()))
        .containsExactlyInAnyOrderElementsOf(
            model.parameters().stream().map(ModelParameter::path).toList());
    assertThat(foreign.rules().rules()).flatExtracting(TensorRule::foreign).contains(tensor);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          hf-mamba,           "tie_word_embeddings": true,  "tie_word_embeddings": false,  lm_head.weight
          hf-llama,           "tie_word_embeddings": false, "tie_word_embeddings": true,   lm_head.weight
          hf-mamba,           "use_conv_bias": true,        "use_conv_bias": false,        conv1d.bias
          hf-mixtral,         "tie_word_embeddings": false, "tie_word_embeddings": true,   lm_head.weight
          hf-jamba,           "mamba_conv_bias": true,      "mamba_conv_bias": false,      conv1d.bias
          hf-jamba,           "attn_layer_offset": 4,       "attn_layer_offset": 1,        layers.4.mamba.D
          """)
  void aTiedOrAbsentTensorHasNoRule(String oracle, String from, String to, String tensor)
      throws IOException {
    ForeignModel before = CheckpointFormats.read(OracleFolder.of(oracle).path());
    ForeignModel after =
        CheckpointFormats.read(
            OracleFolder.of(oracle)
                .copyTo(folder)
                .editConfig(json -> json.replace(from, to))
                .path());

    assertThat(has(before, tensor)).isNotEqualTo(has(after, tensor));
    assertThat(after.graph(REGISTRY).blocks()).hasSameSizeAs(before.graph(REGISTRY).blocks());
  }

  private static boolean has(ForeignModel foreign, String tensor) {
    return foreign.rules().rules().stream()
        .flatMap(rule -> rule.foreign().stream())
        .anyMatch(name -> name.endsWith(tensor));
  }
}
