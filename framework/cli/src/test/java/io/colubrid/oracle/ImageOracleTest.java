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
import io.colubrid.runtime.verify.Tolerance;
import io.colubrid.runtime.verify.Verification;
import io.colubrid.runtime.verify.VerificationReport;
import io.colubrid.runtime.verify.VerificationTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Image models imported from elsewhere score classes as they do there. */
final class ImageOracleTest {
  private static final LayerRegistry REGISTRY = PluginLoader.load(List.of()).registry();
  private static final Memory MEMORY = Memory.tracingCpu();
  private static final CpuBackend CPU = new CpuBackend(MEMORY, new WorkerPool());

  @AfterAll
  static void nothingLeaked() {
    CPU.close();
    MEMORY.requireEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vim", "vmamba"})
  void theOracleIsReproduced(String name) throws IOException {
    VerificationReport report = verify(name, Arrangement.F32);

    assertThat(report.passes()).as(new VerificationTable(report).render()).isTrue();
    assertThat(report.notChecked()).isEmpty();
    assertThat(error(report, Deviation.Kind.LOGITS)).isLessThan(1e-5);
    assertThat(error(report, Deviation.Kind.GRADIENT)).isLessThan(1e-4);
    try (StoredTensors tensors = StoredTensors.open(OracleFolder.of(name).path())) {
      assertThat(report.deviations())
          .filteredOn(deviation -> deviation.kind() == Deviation.Kind.GRADIENT)
          .extracting(Deviation::name)
          .containsExactlyInAnyOrderElementsOf(tensors.tensors().keySet());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vim", "vmamba"})
  void theEquationsInDoublePrecisionAreTheOracle(String name) throws IOException {
    VerificationReport report = verify(name, Arrangement.EXACT);

    assertThat(error(report, Deviation.Kind.LOGITS)).isLessThan(1e-6);
    assertThat(error(report, Deviation.Kind.GRADIENT)).isLessThan(1e-5);
  }

  private static VerificationReport verify(String name, Arrangement arrangement)
      throws IOException {
    Path path = OracleFolder.of(name).path();
    return Verification.run(path, REGISTRY, CPU, Tolerance.F32, arrangement);
  }

  private static double error(VerificationReport report, Deviation.Kind kind) {
    return report.worst(kind).orElseThrow().error();
  }
}
