package io.colubrid.runtime.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.cpu.MachineLimits;
import io.colubrid.runtime.plan.Planner;
import io.colubrid.runtime.plugin.PluginLoader;
import io.colubrid.runtime.training.RunSpec;
import io.colubrid.runtime.training.RunSpecReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ProfilerTest {
  private static final MachineLimits LIMITS = new MachineLimits(2, 200, 190, 30, 40, 1);
  private static final int STEPS = 2;
  private static final String CONFIG =
      """
      model {
        d-model = 16
        layers = [ { repeat = 2, of = [ { channel { type = swiglu, width = 24 } } ] } ]
      }
      train { steps = 1, batch = 2, length = 8 }
      """;

  @TempDir private Path folder;

  @Test
  void rowsAddUpToThePlanAndTheTraceHoldsEveryKernel() throws Exception {
    RunSpec spec =
        new RunSpecReader(PluginLoader.load(List.of()).registry())
            .read(Path.of("small.conf"), CONFIG);
    List<ChromeTrace> traces = new ArrayList<>();
    Profile profile;
    try (CpuBackend backend = new CpuBackend()) {
      profile = Profiler.run(spec, backend, STEPS, 0, LIMITS, traces::add);
      assertThat(backend.memory().liveBytes()).isZero();
    }
    double planned = Planner.plan(spec).trainingFlopsPerToken() * profile.tokens();
    assertThat(flops(profile.layers())).isEqualTo(planned);
    assertThat(flops(profile.operations())).isEqualTo(planned);
    assertThat(calls(profile.layers())).isEqualTo(profile.kernels());
    assertThat(calls(profile.operations())).isEqualTo(profile.kernels());
    assertThat(profile.layers().stream().mapToDouble(ProfileRow::share).sum())
        .isCloseTo(1, within(1e-9));
    assertThat(profile.layers())
        .extracting(ProfileRow::name)
        .startsWith("stem", "layers.0.channel", "layers.1.channel", "head");
    assertThat(ProfileText.of(profile)).contains("layers.1.channel", "mat-mul", "outside kernels");

    Path trace = folder.resolve("trace.json");
    traces.getFirst().write(trace);
    JsonNode events = JsonMapper.shared().readTree(Files.readString(trace)).get("traceEvents");
    assertThat(events.size()).isEqualTo(STEPS * profile.kernels());
    for (JsonNode event : events) {
      assertThat(event.get("ph").asString()).isEqualTo("X");
      assertThat(event.get("ts").asDouble()).isNotNegative();
      assertThat(event.get("dur").asDouble()).isNotNegative();
    }
  }

  private static double flops(List<ProfileRow> rows) {
    return rows.stream().mapToDouble(ProfileRow::flops).sum();
  }

  private static int calls(List<ProfileRow> rows) {
    return rows.stream().mapToInt(ProfileRow::calls).sum();
  }
}
