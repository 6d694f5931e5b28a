package io.colubrid.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.WorkerPool;
import io.colubrid.engine.memory.Memory;
import io.colubrid.runtime.checkpoint.format.StoredTensors;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.verify.Arrangement;
import io.colubrid.runtime.verify.Deviation;
import io.colubrid.runtime.verify.GreedyTokens;
import io.colubrid.runtime.verify.Tolerance;
import io.colubrid.runtime.verify.Verification;
import io.colubrid.runtime.verify.VerificationReport;
import io.colubrid.runtime.verify.VerificationTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models imported from elsewhere compute what they compute there. */
final class OracleTest {
  private static final LayerRegistry REGISTRY = PluginLoader.load(List.of()).registry();
  private static final Memory MEMORY = Memory.tracingCpu();
  private static final CpuBackend CPU = new CpuBackend(MEMORY, new WorkerPool());

  @TempDir Path folder;

  @AfterAll
  static void nothingLeaked() {
    CPU.close();
    MEMORY.requireEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf-mamba",
        "hf-falcon-mamba",
        "hf-mamba2",
        "hf-mamba2-groups",
        "hf-llama",
        "hf-mistral-sliding",
        "hf-mixtral",
        "hf-jamba"
      })
  void theOracleIsReproduced(String name) throws IOException {
    VerificationReport report = verify(OracleFolder.of(name), Arrangement.F32);

    assertThat(report.passes()).as(new VerificationTable(report).render()).isTrue();
    assertThat(report.notChecked()).isEmpty();
    assertThat(report.greedy())
        .extracting(GreedyTokens::how)
        .containsExactly("the whole sequence run again", "from the states");
    assertThat(error(report, Deviation.Kind.LOGITS)).isLessThan(1e-5);
    assertThat(error(report, Deviation.Kind.HIDDEN_STATE)).isLessThan(1e-5);
    assertThat(error(report, Deviation.Kind.GRADIENT)).isLessThan(1e-4);
    try (StoredTensors tensors = StoredTensors.open(OracleFolder.of(name).path())) {
      assertThat(report.deviations())
          .filteredOn(deviation -> deviation.kind() == Deviation.Kind.GRADIENT)
          .extracting(Deviation::name)
          .containsExactlyInAnyOrderElementsOf(tensors.tensors().keySet());
    }
  }

  /**
   * What is left then is the rounding of the oracles, which are F32, and grows with their depth.
   */
  @ParameterizedTest
  @CsvSource({
    "hf-mamba, 1e-6, 1e-5",
    "hf-falcon-mamba, 1e-6, 1e-5",
    "hf-llama, 1e-6, 1e-5",
    "hf-mistral-sliding, 1e-6, 1e-5",
    "hf-mixtral, 1e-6, 1e-5",
    "hf-jamba, 3e-6, 5e-5"
  })
  void theEquationsInDoublePrecisionAreTheOracle(String name, double logits, double gradients)
      throws IOException {
    VerificationReport report = verify(OracleFolder.of(name), Arrangement.EXACT);

    assertThat(report.passes()).as(new VerificationTable(report).render()).isTrue();
    assertThat(error(report, Deviation.Kind.LOGITS)).isLessThan(logits);
    assertThat(error(report, Deviation.Kind.LOSS)).isLessThan(1e-7);
    assertThat(error(report, Deviation.Kind.GRADIENT)).isLessThan(gradients);
  }

  /** Files of PyTorch's own; those of mamba_ssm 2 were computed with products in tf32. */
  @ParameterizedTest
  @CsvSource({"ssm-mamba, 1e-5", "ssm-mamba2, 1e-3"})
  void whatMambasAuthorsComputedIsReproduced(String name, double tolerance) throws IOException {
    Path oracle = OracleFolder.of(name).path();
    VerificationReport report =
        Verification.run(oracle, REGISTRY, CPU, Tolerance.of(tolerance), Arrangement.F32);

    assertThat(report.passes()).as(new VerificationTable(report).render()).isTrue();
    assertThat(report.deviations())
        .extracting(Deviation::kind)
        .contains(Deviation.Kind.LOGITS, Deviation.Kind.LOSS, Deviation.Kind.GRADIENT);
    assertThat(report.notChecked()).hasSize(1);
  }

  @Test
  void aWeightOffByOnePercentIsFound() throws IOException {
    OracleFolder broken =
        OracleFolder.of("hf-llama")
            .copyTo(folder)
            .editTensors(
                StoredTensors.FILE_NAME,
                tensors ->
                    tensors.get("model.layers.1.self_attn.k_proj.weight").values()[7] *= 1.01f);

    VerificationReport report = verify(broken, Arrangement.F32);

    assertThat(report.passes()).isFalse();
    assertThat(report.deviations())
        .filteredOn(deviation -> deviation.kind() == Deviation.Kind.HIDDEN_STATE)
        .filteredOn(deviation -> !deviation.passes())
        .extracting(Deviation::name)
        .containsExactly("block.1", "final_norm");
  }

  @Test
  void aReferenceThatIsNotANumberIsNotPassed() throws IOException {
    OracleFolder broken =
        OracleFolder.of("hf-llama")
            .copyTo(folder)
            .editTensors(
                "gradients.safetensors",
                tensors -> tensors.get("lm_head.weight").values()[33] = Float.NaN);

    VerificationReport report = verify(broken, Arrangement.F32);

    assertThat(report.failures()).isEqualTo(1);
    assertThat(report.worst().name()).isEqualTo("lm_head.weight");
    assertThat(report.worst().place()).isEqualTo("[1, 1]");
  }

  private static VerificationReport verify(OracleFolder oracle, Arrangement arrangement)
      throws IOException {
    return Verification.run(oracle.path(), REGISTRY, CPU, Tolerance.F32, arrangement);
  }

  private static double error(VerificationReport report, Deviation.Kind kind) {
    return report.worst(kind).orElseThrow().error();
  }
}
