package io.colubrid.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.colubrid.engine.memory.Storage;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs are graphs where they can be, and run all the same where they cannot. */
@Tag("cuda")
final class LauncherTest {
  private static final int BYTES = 8;

  private CudaBackend backend;
  private Storage storage;
  private int launched;

  @BeforeEach
  void open() {
    CudaProbe probe = CudaProbe.run();
    assumeTrue(probe.usable(), probe.problem());
    backend = new CudaBackend(0);
    backend.device().enter();
    storage = backend.memory().allocate("bytes", BYTES);
  }

  @AfterEach
  void close() {
    if (backend != null) {
      storage.close();
      backend.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void runsOverAndOver(GraphMode mode) {
    try (Launcher launcher = launcher(mode, this::clear)) {
      for (int run = 0; run < 3; run++) {
        storage.edit(0, BYTES, host -> host.fill((byte) 7));
        launcher.run();
        assertThat(bytes()).containsOnly(0);
      }
      assertThat(launcher.captured()).isEqualTo(mode == GraphMode.ON);
      assertThat(launched).isEqualTo(mode == GraphMode.ON ? 1 : 3);
      assertThat(launcher.refusal()).isEmpty();
    }
  }

  /**
   * What plugins can say through {@code CudaCall} can all be captured; so the launch that cannot,
   * because it waits for the stream that is being captured, is put in here.
   */
  @Test
  void whatCannotBeCapturedIsNamedAndRunsAllTheSame() {
    CudaKernel waits =
        () -> {
          clear();
          backend.device().synchronize("waiting");
        };
    try (Launcher launcher = launcher(GraphMode.ON, this::clear, waits, this::clear)) {
      for (int run = 0; run < 2; run++) {
        storage.edit(0, BYTES, host -> host.fill((byte) 7));
        launcher.run();
        assertThat(bytes()).containsOnly(0);
      }
      assertThat(launcher.captured()).isFalse();
      assertThat(launcher.refusal())
          .hasValueSatisfying(
              told -> assertThat(told).startsWith("layers.1.mixer: op: 'a step' runs uncaptured"));
    }
    try (Launcher other = launcher(GraphMode.ON, this::clear)) {
      other.run();
      assertThat(other.captured()).isTrue();
    }
  }

  @Test
  void aLaunchThatFailsNamesItsOperation() {
    CudaKernel wrong = () -> CudaCheck.driver(1, "launching x");
    try (Launcher launcher = launcher(GraphMode.OFF, this::clear, wrong)) {
      assertThatThrownBy(launcher::run)
          .isInstanceOf(CudaException.class)
          .hasMessage("layers.1.mixer: op: launching x: CUDA_ERROR_INVALID_VALUE");
    }
  }

  private void clear() {
    launched++;
    backend.launches().clear(storage.address(), BYTES).launch();
  }

  private byte[] bytes() {
    return storage.view(0, BYTES, host -> host.toArray(ValueLayout.JAVA_BYTE));
  }

  private Launcher launcher(GraphMode mode, CudaKernel... kernels) {
    List<String> labels = List.of("layers.0.mixer: op", "layers.1.mixer: op", "layers.2.mixer: op");
    return new Launcher(
        backend.launches(), mode, "a step", labels.subList(0, kernels.length), List.of(kernels));
  }
}
