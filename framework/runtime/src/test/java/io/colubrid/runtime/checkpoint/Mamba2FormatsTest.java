package io.colubrid.runtime.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configs of Mamba-2, and those of mamba_ssm, which do not say what they are of. */
final class Mamba2FormatsTest {
  private static final String TRANSFORMERS =
      """
      {
        "model_type": "mamba2",
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_heads": 4,
        "head_dim": 16,
        "n_groups": 2,
        "state_size": 16,
        "conv_kernel": 4,
        "vocab_size": 96
      }
      """;

  private static final String MAMBA_SSM =
      """
      {
        "d_model": 768,
        "n_layer": 24,
        "vocab_size": 50277,
        "ssm_cfg": {"layer": "Mamba2"},
        "rms_norm": true,
        "residual_in_fp32": true,
        "fused_add_norm": true,
        "pad_vocab_size_multiple": 16
      }
      """;

  @TempDir Path folder;

  private ForeignModel read(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
    return CheckpointFormats.read(folder);
  }

  private static String with(String json, String more) {
    return json.strip().replaceFirst("\\}$", ", " + more + "}");
  }

  @Test
  void mamba2OfTransformersNormsOverAllChannels() throws IOException {
    assertThat(read(TRANSFORMERS).hocon())
        .contains("type = mamba2\n")
        .contains("head-dim = 16\n")
        .contains("groups = 2\n")
        .contains("chunk = 256\n")
        .contains("time-step-limit { min = 0.0, max = null }\n")
        .contains("norm = all\n");
  }

  @Test
  void whatMambaSsmDoesNotSayAreItsDefaults() throws IOException {
    assertThat(read(MAMBA_SSM).hocon())
        .contains("type = mamba2\n")
        .contains("d-state = 128\n")
        .contains("head-dim = 64\n")
        .contains("norm = group\n")
        .contains("vocabulary = 50288");
    assertThat(read(MAMBA_SSM.replace("{\"layer\": \"Mamba2\"}", "{}")).hocon())
        .contains("type = mamba\n")
        .contains("d-state = 16\n")
        .contains("dt-rank = 48\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          [0.0, Infinity]                   | min = 0.0, max = null
          [0.0, "Infinity"]                 | min = 0.0, max = null
          [0.5, {"__float__": "Infinity"}]  | min = 0.5, max = null
          [0.001, 0.1]                      | min = 0.001, max = 0.1
          """)
  void boundsOfStepSizesAreReadInEverySpelling(String bounds, String hocon) throws IOException {
    assertThat(read(with(TRANSFORMERS, "\"time_step_limit\": " + bounds)).hocon())
        .contains("time-step-limit { " + hocon + " }\n");
    String ssm = MAMBA_SSM.replace("\"Mamba2\"", "\"Mamba2\", \"dt_limit\": " + bounds);
    assertThat(read(ssm).hocon()).contains("time-step-limit { " + hocon + " }\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "time_step_limit": [0.1, 0.01]   | time_step_limit: expected two numbers from 0 on
          "time_step_limit": [0.1]         | time_step_limit: expected two numbers from 0 on
          "hidden_act": "relu"             | only silu is supported
          "num_heads": 8                   | num_heads: is 8 of 16 channels, but expand times hidden_size is 64
          "window": 3                      | window: is not known
          """)
  void whatTransformersSaysElseIsRefused(String more, String problem) {
    String json =
        more.startsWith("\"num_heads\"")
            ? TRANSFORMERS.replace("\"num_heads\": 4", more)
            : with(TRANSFORMERS, more);
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ForeignConfigException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "layer": "Mamba3"                      | ssm_cfg.layer: is "Mamba3", only Mamba1 is supported
          "layer": "Mamba2", "d_ssm": 128        | ssm_cfg.d_ssm: channels that bypass
          "layer": "Mamba2", "D_has_hdim": true  | ssm_cfg.D_has_hdim
          "layer": "Mamba2", "rmsnorm": false    | ssm_cfg.rmsnorm
          "layer": "Mamba2", "sequence": 3       | ssm_cfg.sequence: is not known
          """)
  void whatMambaSsmSaysElseIsRefused(String mixer, String problem) {
    assertThatThrownBy(() -> read(MAMBA_SSM.replace("\"layer\": \"Mamba2\"", mixer)))
        .isInstanceOf(ForeignConfigException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void hybridsOfMambaSsmAreRefused() {
    String json = with(MAMBA_SSM, "\"attn_layer_idx\": [1, 5], \"d_intermediate\": 64");
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ForeignConfigException.class)
        .hasMessageContaining("attn_layer_idx: is [1,5], only [] is supported")
        .hasMessageContaining("d_intermediate: is 64, only 0.0 is supported");
  }
}
