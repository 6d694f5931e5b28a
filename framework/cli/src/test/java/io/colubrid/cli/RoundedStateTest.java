package io.colubrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.colubrid.engine.cpu.CpuBackend;
import io.colubrid.engine.parameter.ParameterStore;
import io.colubrid.engine.parameter.Precision;
import io.colubrid.runtime.generation.Generator;
import io.colubrid.runtime.model.Model;
import io.colubrid.runtime.model.ModelBuilder;
import io.colubrid.runtime.session.Session;
import io.colubrid.runtime.training.Initialization;
import io.colubrid.runtime.training.RunSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States that are rounded once a token stay near those that are not. */
final class RoundedStateTest {
  private static final int PROMPT = 37;
  private static final int TOKENS = 320;

  @TempDir private Path folder;

  /** What a generation with states of a kind gave. */
  private record Run(long stateBytes, List<float[]> scores) {}

  @Test
  void scoresDoNotDriftAwayOverManyTokens() throws IOException {
    Run exact = run("f32");
    Run rounded = run("bf16");

    double[] errors = new double[TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      errors[i] = error(rounded.scores().get(i), exact.scores().get(i));
    }
    double early = Arrays.stream(errors, 0, TOKENS / 2).average().orElseThrow();
    double late = Arrays.stream(errors, TOKENS / 2, TOKENS).average().orElseThrow();
    assertThat(early).as("error of the first half").isGreaterThan(1e-6);
    assertThat(late).as("error of the second half").isLessThan(2 * early);
    assertThat(Arrays.stream(errors).max().orElseThrow()).isLessThan(2e-3);
    assertThat(rounded.stateBytes()).isLessThan(exact.stateBytes());
  }

  private Run run(String state) throws IOException {
    Path file = folder.resolve(state + ".conf");
    Files.writeString(
        file,
        """
        model {
          d-model = 32
          state = %s
          layers = [
            { mixer = mamba }
            { mixer { type = mamba2, head-dim = 8, d-state = 16 } }
            { mixer = mamba }
            { mixer { type = mamba2, head-dim = 8, d-state = 16 } }
          ]
        }
        train { steps = 1 }
        """
            .formatted(state));
    RunSpec spec;
    try (Session session = Session.open(List.of())) {
      spec = session.read(file, List.of());
    }
    Model model = ModelBuilder.build(spec.graph());
    int[] tokens = new Random(7).ints(PROMPT + TOKENS, 0, 256).toArray();
    try (CpuBackend backend = new CpuBackend();
        ParameterStore store =
            new ParameterStore(backend.memory(), Precision.F32, model.parameters())) {
      Initialization.run(backend, store, 3);
      try (Generator generator = new Generator(backend, model, store, tokens.length)) {
        generator.read(Arrays.copyOf(tokens, PROMPT));
        List<float[]> scores = new ArrayList<>();
        for (int i = PROMPT; i < tokens.length; i++) {
          scores.add(generator.read(tokens[i]));
        }
        return new Run(generator.stateBytes(), scores);
      }
    }
  }

  private static double error(float[] found, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(found[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
