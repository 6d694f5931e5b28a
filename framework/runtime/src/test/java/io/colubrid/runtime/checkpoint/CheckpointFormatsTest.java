package io.colubrid.runtime.checkpoint;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a foreign config.json says is taken over, or refused by the name of the key. */
final class CheckpointFormatsTest {
  private static final String LLAMA =
      """
      {
        "model_type": "llama",
        "hidden_size": 32,
        "intermediate_size": 72,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "vocab_size": 96,
        "rms_norm_eps": 1e-5
      }
      """;

  private static final String MAMBA =
      """
      {
        "model_type": "mamba",
        "hidden_size": 40,
        "num_hidden_layers": 2,
        "state_size": 16,
        "conv_kernel": 4,
        "vocab_size": 96
      }
      """;

  @TempDir Path folder;

  @Test
  void llamaBecomesAConfigOfOurs() throws IOException {
    assertThat(read(LLAMA).hocon())
        .isEqualTo(
            """
            # Read from a config.json of type llama.
            model {
              d-model = 32
              blocks.layer {
                mixer {
                  type = attention
                  heads = 4
                  kv-heads = 4
                  qkv-bias = false
                  bias = false
                  rotary { theta = 10000.0 }
                }
                channel { type = swiglu, width = 72, bias = false }
              }
              layers = [ { repeat = 2, of = [ layer ] } ]
              norm.epsilon = 1.0E-5
              stem { type = embedding, vocabulary = 96 }
              head { type = lm-head, vocabulary = 96, tie = false, epsilon = 1.0E-5 }
            }
            """);
  }

  @Test
  void mambaBecomesAConfigOfOurs() throws IOException {
    assertThat(read(MAMBA).hocon())
        .isEqualTo(
            """
            # Read from a config.json of type mamba.
            model {
              d-model = 40
              blocks.layer.mixer {
                type = mamba
                expand = 2
                d-state = 16
                d-conv = 4
                dt-rank = 3
                dt-min = 0.001
                dt-max = 0.1
                dt-init-floor = 1.0E-4
                conv-bias = true
                bias = false
                inner-norms = none
                inner-norm-epsilon = 1.0E-6
              }
              layers = [ { repeat = 2, of = [ layer ] } ]
              norm.epsilon = 1.0E-5
              stem { type = embedding, vocabulary = 96 }
              head { type = lm-head, vocabulary = 96, tie = true, epsilon = 1.0E-5 }
            }
            """);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "rope_theta": 5e5                                                  | { theta = 500000.0 }
          "rope_parameters": {"rope_theta": 5e5, "rope_type": "default"}     | { theta = 500000.0 }
          "rope_theta": 5e5, "rope_scaling": null                            | { theta = 500000.0 }
          "rope_scaling": {"type": "linear", "factor": 2.0}                  | { theta = 10000.0, scaling = linear, factor = 2.0 }
          "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192} | { theta = 10000.0, scaling = llama3, factor = 8.0, low-factor = 1.0, high-factor = 4.0, original-length = 8192 }
          """)
  void rotaryPositionsAreReadInBothSpellings(String json, String rotary) throws IOException {
    assertThat(read(with(LLAMA, json)).hocon()).contains("rotary " + rotary + "\n");
  }

  @Test
  void aMistralThatSaysNothingHasItsWindow() throws IOException {
    String mistral = LLAMA.replace("\"llama\"", "\"mistral\"");

    assertThat(read(mistral).hocon()).contains("window = 4096\n").contains("kv-heads = 8\n");
    assertThat(read(with(mistral, "\"sliding_window\": null")).hocon()).doesNotContain("window");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "hidden_act": "gelu"           | hidden_act: is "gelu", only silu is supported: the channel is SwiGLU
          "attention_dropout": 0.1       | attention_dropout: is 0.1, only 0.0 is supported: attention drops no weights here; set it to 0
          "partial_rotary_factor": 0.5   | partial_rotary_factor: is 0.5, only 1.0 is supported: all features of a head are turned
          "quantization_config": {}      | quantization_config: is not known and might change the model; if it does not, remove it from the file
          "head_dim": 0                  | head_dim: expected a whole number of at least 1, found 0
          "num_hidden_layers": 1000000000000 | num_hidden_layers: is 1000000000000, more than 10000 layers
          "head_dim": "8"                | head_dim: expected a whole number of at least 1, found "8"
          "attention_bias": 1            | attention_bias: expected true or false, found 1
          "rope_theta": -1               | rope_theta: expected a number above 0, found -1
          "rope_scaling": {"rope_type": "yarn", "factor": 4.0} | rope_scaling.rope_type: is "yarn", only default, linear and llama3 are supported
          "rope_scaling": {"rope_type": "linear"}              | rope_scaling.factor: is missing; expected a number above 0
          "rope_parameters": {"rope_type": "default", "beta": 1} | rope_parameters.beta: is not known and might change the model; if it does not, remove it from the file
          """)
  void whatCannotBeTakenOverIsNamed(String json, String problem) {
    assertRefused(with(LLAMA, json), problem);
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    assertRefused(
        """
        { "model_type": "mamba", "hidden_size": 40.5, "num_hidden_layers": 2, "conv_kernel": 4,
          "vocab_size": 96, "hidden_act": "relu", "intermediate_size": 64, "rms_norm": false,
          "ssm_cfg": {"layer": "Mamba2"} }
        """,
        "hidden_act: is \"relu\", only silu is supported: the mixer's gate and convolution are"
            + " followed by SiLU",
        "rms_norm: is false, only true is supported: blocks begin with a root-mean-square norm",
        "ssm_cfg: is {\"layer\":\"Mamba2\"}, only {} is supported: its keys are those of the top"
            + " level",
        "hidden_size: expected a whole number of at least 1, found 40.5",
        "state_size: is missing; expected a whole number of at least 1");
  }

  @Test
  void anInnerWidthThatContradictsIsRefused() {
    assertRefused(
        with(MAMBA, "\"intermediate_size\": 64"),
        "intermediate_size: is 64, but expand times hidden_size is 80");
  }

  @Test
  void anUnknownTypeListsTheKnownOnes() {
    assertRefused(
        "{ \"model_type\": \"gpt_neox\" }",
        "model_type: no format reads 'gpt_neox'; there are "
            + String.join(", ", CheckpointFormats.modelTypes()));
    assertThat(CheckpointFormats.modelTypes()).contains("falcon_mamba", "jamba", "vmamba");
    assertRefused("{ \"hidden_size\": 4 }", "model_type: is missing; expected a text");
  }

  private void assertRefused(String json, String... problems) {
    String prefix = folder.resolve("config.json") + ": ";
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ForeignConfigException.class)
        .hasMessage(prefix + String.join("\n" + prefix, problems));
  }

  private static String with(String config, String more) {
    String key = more.substring(0, more.indexOf(':') + 1);
    String others = config.lines().filter(line -> !line.contains(key)).collect(joining("\n"));
    return others.replaceFirst("\\{", "{\n  " + more + ",");
  }

  private ForeignModel read(String json) throws IOException {
    Files.writeString(folder.resolve("config.json"), json);
    return CheckpointFormats.read(folder);
  }
}
