package io.colubrid.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.cuda.CudaBackend;
import io.colubrid.engine.cuda.CudaProbe;
import io.colubrid.runtime.plugin.LayerRegistry;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.verify.Arrangement;
import io.colubrid.runtime.verify.Tolerance;
import io.colubrid.runtime.verify.Verification;
import io.colubrid.runtime.verify.VerificationReport;
import io.colubrid.runtime.verify.VerificationTable;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models imported from elsewhere compute on a GPU what they compute there. */
@Tag("cuda")
final class OracleCudaTest {
  private static final LayerRegistry REGISTRY = PluginLoader.load(List.of()).registry();

  private static CudaBackend cuda;

  @BeforeAll
  static void open() {
    CudaProbe probe = CudaProbe.run();
    Assumptions.assumeTrue(probe.usable(), probe.problem());
    cuda = new CudaBackend(0);
  }

  @AfterAll
  static void close() {
    if (cuda != null) {
      cuda.memory().requireEmpty();
      cuda.close();
    }
  }

  /**
   * In BF16 the rounded weights alone are one or two percent, and more the deeper the model is.
   * Gradients may cancel out there, and are compared by the conformance tests.
   */
  @ParameterizedTest
  @CsvSource({
    "hf-mamba, 1e-5, 5e-2",
    "hf-falcon-mamba, 1e-5, 5e-2",
    "hf-mamba2, 1e-5, 5e-2",
    "hf-mamba2-groups, 1e-5, 5e-2",
    "hf-llama, 1e-5, 5e-2",
    "hf-mistral-sliding, 1e-5, 5e-2",
    "hf-mixtral, 1e-5, 5e-2",
    "hf-jamba, 1e-5, 1e-1",
    "ssm-mamba, 1e-5, 5e-2",
    "ssm-mamba2, 1e-3, 5e-2",
    "vim, 1e-5, 5e-2",
    "vmamba, 1e-5, 5e-2"
  })
  void theOracleIsReproduced(String name, double f32, double bf16) throws IOException {
    requireAgreement(name, Tolerance.of(f32), Arrangement.F32);
    requireAgreement(name, new Tolerance(bf16, Double.MAX_VALUE), Arrangement.BF16);
  }

  private static void requireAgreement(String name, Tolerance tolerance, Arrangement arrangement)
      throws IOException {
    VerificationReport report =
        Verification.run(OracleFolder.of(name).path(), REGISTRY, cuda, tolerance, arrangement);
    assertThat(report.passes()).as(new VerificationTable(report).render()).isTrue();
  }
}
