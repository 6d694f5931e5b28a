package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.oracle.OracleFolder;
import io.colubrid.oracle.OracleFolder.Floats;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class VerifyCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder;
  private OracleFolder oracle;

  @BeforeEach
  void copy() throws IOException {
    oracle = OracleFolder.of("hf-llama").copyTo(folder);
  }

  @Test
  void whatAgreesEndsWithZero() {
    assertThat(verify()).isZero();
    assertThat(out.toString())
        .startsWith(folder + ": llama of 26,272 parameters on cpu f32\n")
        .contains("  ok     gradient      model.layers.1.mlp.up_proj.weight ")
        .contains("  ok     greedy tokens, from the states: all 24 agree\n")
        .endsWith("everything agrees\n");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void whatDoesNotAgreeEndsWithOne() {
    assertThat(verify("--tolerance", "1e-9")).isEqualTo(1);
    assertThat(out.toString())
        .contains("  FAILED logits ")
        .contains("  ok     hidden state  embedding ")
        .contains(" do not agree\n");
  }

  @Test
  void roundedWeightsAgreeLessWell() {
    assertThat(verify("--precision", "bf16", "--tolerance", "0.05")).isZero();
    assertThat(out.toString()).contains(" on cpu bf16\n").doesNotContain("greedy");
    assertThat(verify("--precision", "bf16")).isEqualTo(1);
    assertThat(verify("--precision", "f16")).isEqualTo(2);
    assertThat(err.toString()).startsWith("--precision: expected f32 or bf16, found f16");
  }

  @Test
  void withoutGradientsAndGenerationItSaysSo() throws IOException {
    Files.delete(folder.resolve("gradients.safetensors"));
    Files.delete(folder.resolve("generation.safetensors"));

    assertThat(verify()).isZero();
    assertThat(out.toString())
        .contains("  not checked: gradients: the folder has no gradients.safetensors\n")
        .contains("  not checked: greedy tokens: the folder has no generation.safetensors\n");
  }

  @Test
  void anUnknownTypeIsBadInput() throws IOException {
    oracle.editConfig(json -> json.replace("\"llama\"", "\"llamma\""));

    assertBadInput(config() + ": model_type: no format reads 'llamma'; did you mean 'llama'?");
  }

  @Test
  void aFolderWithoutConfigIsBadInput() throws IOException {
    Files.delete(config());

    assertBadInput(
        config() + ": no such file; a checkpoint's folder holds config.json and its tensors");
  }

  @Test
  void aFolderWithoutReferenceIsBadInput() throws IOException {
    Path reference = folder.resolve("reference.safetensors");
    Files.delete(reference);

    assertBadInput(reference + ": no such file; it holds what to compare with");
  }

  @Test
  void tensorsThatDoNotFitAreAllNamed() throws IOException {
    oracle.editTensors(
        StoredTensors.FILE_NAME,
        tensors -> {
          tensors.put("model.norm.wieght", tensors.remove("model.norm.weight"));
          tensors.put("rotary", new Floats(List.of(1L), new float[1]));
          tensors.put("lm_head.weight", new Floats(List.of(3L, 2L), new float[6]));
        });

    assertBadInput(
        folder.resolve(StoredTensors.FILE_NAME)
            + """
            : 4 tensors do not fit the model
              missing: model.norm.weight [32]; left over is model.norm.wieght [32]
              left over: model.norm.wieght [32]; missing is model.norm.weight [32]
              left over: rotary [1]; the model has no use for it
              wrong shape: lm_head.weight [3, 2], expected [96, 32]\
            """);
  }

  @Test
  void aDeviceThatIsNotThereIsBadInput() {
    assertThat(verify("--device", "cuda:99")).isEqualTo(2);
    assertThat(err.toString()).startsWith("verify: ").contains("cuda:99").hasLineCount(1);
    assertThat(verify("--device", "gpu")).isEqualTo(2);
    assertThat(err.toString())
        .endsWith("verify: no device 'gpu'; known are cpu, cuda and cuda:N (such as cuda:1)\n");
  }

  private Path config() {
    return folder.resolve("config.json");
  }

  private void assertBadInput(String message) {
    assertThat(verify()).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("verify: " + message + "\n");
    assertThat(out.toString()).isEmpty();
  }

  private int verify(String... options) {
    CommandLine command = Colubrid.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] arguments = new String[options.length + 2];
    arguments[0] = "verify";
    arguments[1] = folder.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    return command.execute(arguments);
  }
}
